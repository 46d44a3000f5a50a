/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.djlext.makemore.data.Names;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands train, sample and eval, as a user calls them. */
class TrainCommandTest {

    private final Path dir;

    TrainCommandTest(@TempDir Path dir) {
        this.dir = dir;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bigram",
                "mlp",
                "mlp-bn",
                "deep",
                "wavenet",
                "makemore-mlp",
                "rnn",
                "gru",
                "bow",
                "transformer"
            })
    void everyModelIsTrainedSampledAndEvaluated(String type) {
        Path run = dir.resolve("run");
        Outcome train =
                Outcome.of(
                        "train",
                        "--model",
                        type,
                        "--max-steps",
                        10,
                        "--work-dir",
                        run,
                        "--eval-interval",
                        5);
        assertEquals(0, train.exitCode(), train.err());
        assertTrue(train.out().contains("\n" + type + " with "), train.out());
        assertTrue(train.out().matches("(?s).*\ntrain [0-9.]+\ndev {3}[0-9.]+\n.*"), train.out());
        assertTrue(Files.exists(run.resolve("serving.properties"))); // DJL's Criteria read it
        Outcome sample =
                Outcome.of(
                        "sample",
                        "--work-dir",
                        run,
                        "--num-samples",
                        5,
                        "--prefix",
                        "ma",
                        "--top-k",
                        5);
        assertEquals(0, sample.exitCode(), sample.err());
        List<String> lines = sample.out().lines().toList();
        assertEquals(5, lines.size(), sample.out()); // names alone, for other programs
        assertTrue(lines.stream().allMatch(n -> n.startsWith("ma")), sample.out());
        assertTrue(sample.err().startsWith("in train "), sample.err());
        Outcome eval = Outcome.of("eval", "--work-dir", run);
        assertEquals(0, eval.exitCode(), eval.err());
        assertTrue(
                eval.out().matches("(?s).*\ntest {2}[0-9.]+ {3}\\([0-9,]+ examples\\)\n"),
                eval.out());
    }

    @Test
    void aRunIsGoneOnWithAndNeverReplacedUnasked() throws IOException {
        Path run = dir.resolve("run");
        Outcome start = train(run, "--max-steps", 10);
        assertEquals(0, start.exitCode(), start.err());
        assertMistake(
                run
                        + " has a run already; resume it by --resume, replace it by"
                        + " --overwrite, or give another --work-dir",
                train(run, "--max-steps", 10));
        Outcome more = train(run, "--resume", "--max-steps", 14);
        assertEquals(0, more.exitCode(), more.err());
        assertTrue(more.out().contains("resumed at step 10"), more.out());
        assertMistake(
                "--resume keeps the model and the settings of the run, so --learning-rate,"
                        + " --n-embd2 cannot be given with it; --max-steps can",
                train(run, "--resume", "--lr", 0.2, "--n-embd2", 5));
        assertMistake(
                "--resume keeps the model and the settings of the run, so --overwrite cannot be given",
                train(run, "--resume", "--overwrite"));
        assertMistake(
                "the run in " + run + " is of the model mlp, not gru",
                Outcome.of("train", "--work-dir", run, "--resume", "--model", "gru"));
        byte[] old = Files.readAllBytes(run.resolve(RunFolder.BEST));
        assertEquals(
                0, train(run, "--overwrite", "--max-steps", 1, "--eval-interval", 0).exitCode());
        byte[] best = Files.readAllBytes(run.resolve(RunFolder.BEST));
        assertFalse(Arrays.equals(old, best), "the best of the old run");
        assertMistake(
                "the run in "
                        + run.resolve(RunFolder.LAST)
                        + " has done 1 steps already, which is more than 0",
                train(run, "--resume", "--max-steps", 0));
        assertMistake(
                "--max-steps must be at least 0, but is -5",
                train(run, "--resume", "--max-steps", -5));
    }

    @Test
    void calibrationChangesTheLossOfBatchNormAlone() {
        Path run = dir.resolve("run");
        assertEquals(0, Outcome.of("train", "--max-steps", 10, "--work-dir", run).exitCode());
        Outcome plain = Outcome.of("eval", "--work-dir", run);
        Outcome calibrated = Outcome.of("eval", "--work-dir", run, "--calibrate");
        assertEquals(0, calibrated.exitCode(), calibrated.err());
        assertNotEquals(plain.out(), calibrated.out());
        Path gru = dir.resolve("gru");
        assertEquals(
                0,
                Outcome.of("train", "--model", "gru", "--max-steps", 1, "--work-dir", gru)
                        .exitCode());
        assertMistake(
                "--calibrate sets batch norm, and gru has none",
                Outcome.of("eval", "--work-dir", gru, "--calibrate"));
    }

    @Test
    void anyAlphabetIsGood() throws IOException {
        Path file = dir.resolve("words.txt");
        List<String> lines =
                List.of(
                        "\uFEFFюля",
                        "",
                        "анна",
                        "小明",
                        "Ägir",
                        "A.B.",
                        "\uD83D\uDE00\uD83D\uDE01",
                        "иван",
                        "о",
                        "ольга",
                        "пётр",
                        "long name");
        Files.writeString(file, String.join("\r\n", lines));
        Path run = dir.resolve("run");
        Outcome train =
                Outcome.of(
                        "train",
                        "--data",
                        file,
                        "--work-dir",
                        run,
                        "--max-steps",
                        30,
                        "--model",
                        "gru");
        assertEquals(0, train.exitCode(), train.err());
        assertTrue(train.out().startsWith("11 names from " + file), train.out());
        Outcome sample = Outcome.of("sample", "--work-dir", run, "--prefix", "小", "--data", file);
        assertEquals(0, sample.exitCode(), sample.err());
        // A run knows where its names are.
        Outcome again = Outcome.of("sample", "--work-dir", run);
        assertTrue(again.err().startsWith("in train "), again.err());
        Outcome eval = Outcome.of("eval", "--work-dir", run);
        assertTrue(eval.out().contains("\ntest "), eval.err());
        Path others = dir.resolve("others.txt");
        Files.write(others, Names.embedded().subList(0, 20));
        Outcome other = Outcome.of("sample", "--work-dir", run, "--data", others);
        assertTrue(other.err().startsWith("the model was trained on other names"), other.err());
        assertMistake(
                "the model in "
                        + run.resolve(RunFolder.BEST)
                        + " was trained on other data than 20 names from "
                        + others
                        + ", so that train, dev and test would not be what they were; leave them"
                        + " out, or give the same",
                Outcome.of("eval", "--work-dir", run, "--data", others));
        Files.writeString(file, "others\n".repeat(20));
        assertMistake(
                file + " must be the data of the run, but is not; give these with --data",
                Outcome.of("eval", "--work-dir", run));
    }

    @Test
    void mistakesAreToldInASentence() throws IOException {
        Path none = dir.resolve("none");
        assertMistake(
                "the checkpoint " + none.resolve("last.safetensors") + " does not exist",
                Outcome.of("sample", "--work-dir", none));
        assertMistake(
                "the checkpoint " + none.resolve("last.safetensors") + " does not exist",
                train(none, "--resume"));
        assertMistake(
                "a model is one of bigram, mlp, mlp-bn, deep, wavenet, makemore-mlp, rnn, gru, bow,"
                        + " transformer, gpt, but got \"lstm\"",
                Outcome.of("train", "--model", "lstm"));
        assertMistake(
                "a model's embedding must be a multiple of its heads, but they are 64 and 5",
                Outcome.of("train", "--model", "transformer", "--n-head", 5, "--work-dir", none));
        assertMistake(
                "wavenet with 3 layers fuses pairs 2 times before the last layer, which needs two or"
                        + " more, so its block size must be a multiple of 4 from 8 on, but is 4",
                Outcome.of("train", "--model", "wavenet", "--block-size", 4, "--work-dir", none));
        assertMistake(
                "--n-head changes nothing in mlp; it is for transformer, gpt",
                train(none, "--n-head", 2));
        assertMistake(
                "--init changes nothing in gru; it is for mlp",
                Outcome.of("train", "--model", "gru", "--init", "tanh", "--work-dir", none));
        assertMistake(
                "--n-layer changes nothing in rnn; it is for deep, wavenet, transformer, gpt",
                Outcome.of("lr-find", "--model", "rnn", "--n-layer", 2, "--work-dir", none));
        assertMistake("--lr must be from 0 to 1000000.0, but is -1.0", train(none, "--lr", -1));
        assertMistake("--max-steps must be at least 0, but is -1", train(none, "--max-steps", -1));
        assertMistake(
                "a name may have at most 3 characters with a block size of 4, but",
                Outcome.of("train", "--model", "rnn", "--block-size", 4, "--work-dir", none));
        Path few = Files.writeString(dir.resolve("few.txt"), "a\nb\n");
        assertMistake(
                "a split in three parts needs at least 10 names, but there are 2",
                train(none, "--data", few));
        Path text = Files.writeString(dir.resolve("text"), "no checkpoint");
        assertMistake(
                text + " is no checkpoint, or a damaged one: its header cannot have ",
                Outcome.of("sample", "--checkpoint", text));
        assertMistake(
                "the checkpoint " + dir + " is a directory; give a file",
                Outcome.of("sample", "--checkpoint", dir));
        assertMistake(
                "--batch-size must be at least 2 for mlp-bn, because batch norm divides by n - 1,"
                        + " but is 1",
                Outcome.of("train", "--batch-size", 1, "--work-dir", none));
        assertMistake(
                "wavenet has at most 20 layers, but got 33",
                Outcome.of("train", "--model", "wavenet", "--n-layer", 33, "--work-dir", none));
        assertMistake(
                "the temperature must be 0 or at least 1e-6, but is 1.0E-9",
                Outcome.of("sample", "--temperature", 1e-9));
        // Found out once the engine runs.
        assertMistake("a parameter may have ", train(none, "--n-embd2", 100_000_000));
        assertFalse(Files.exists(none), "a folder without a run");
        Outcome nan =
                Outcome.of(
                        "train",
                        "--model",
                        "transformer",
                        "--optimizer",
                        "sgd",
                        "--lr",
                        1e6,
                        "--max-steps",
                        100,
                        "--work-dir",
                        dir.resolve("nan"));
        assertEquals(2, nan.exitCode());
        assertTrue(
                nan.err().startsWith("makemore train: training of transformer stopped at step "),
                nan.err());
        assertFalse(nan.err().contains("\n"), nan.err());
    }

    private static Outcome train(Path run, Object... args) {
        Object[] all = new Object[args.length + 5];
        Object[] first = {"train", "--model", "mlp", "--work-dir", run};
        System.arraycopy(first, 0, all, 0, first.length);
        System.arraycopy(args, 0, all, first.length, args.length);
        return Outcome.of(all);
    }

    private static void assertMistake(String part, Outcome outcome) {
        assertEquals(2, outcome.exitCode(), outcome.out() + outcome.err());
        assertTrue(outcome.err().contains(part), outcome.err());
        assertFalse(outcome.err().contains("\n"), outcome.err());
    }
}
