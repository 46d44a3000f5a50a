/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gpt commands on small settings, and what mistakes look like. */
class GptCommandTest {

    private static final List<String> SMALL =
            List.of(
                    "--block-size=16",
                    "--n-embd=16",
                    "--n-head=2",
                    "--n-layer=2",
                    "--batch-size=4",
                    "--eval-interval=10",
                    "--eval-iters=2");

    private final Path dir;

    GptCommandTest(@TempDir Path dir) {
        this.dir = dir;
    }

    private static Outcome gpt(List<String> more, String... args) {
        List<String> all = new ArrayList<>(List.of(args));
        if (args[0].equals("train") || args[0].equals("ladder")) {
            all.add("--model=gpt");
        }
        all.addAll(more);
        return Outcome.of(all.toArray());
    }

    private static Outcome ok(List<String> more, String... args) {
        Outcome outcome = gpt(more, args);
        assertEquals(0, outcome.exitCode(), outcome.err());
        return outcome;
    }

    private String run() {
        return "--work-dir=" + dir.resolve("run");
    }

    private static List<String> losses(String out) {
        return out.lines()
                .filter(line -> line.contains(": train "))
                .map(line -> line.strip().replaceFirst("/.*: ", ": "))
                .toList();
    }

    @Test
    void trainSampleEvalExportAndResume() throws IOException {
        Outcome trained = ok(SMALL, "train", "--max-steps=20", "--dropout=0.1", run());
        assertTrue(
                trained.out().startsWith("20,075 characters of the embedded play, 55 different;"),
                trained.out());
        assertTrue(trained.out().contains("\ngpt with "), trained.out());
        assertEquals(3, losses(trained.out()).size(), trained.out());

        String[] sample = {"sample", "--prefix=KEEPER:", "--max-new-tokens=30", run()};
        Outcome cached = ok(List.of(), sample);
        assertEquals("KEEPER:".length() + 30, cached.out().stripTrailing().length(), 1);
        assertEquals(cached.out(), ok(List.of("--no-cache"), sample).out());
        assertEquals(
                ok(List.of("--temperature=0", "--window=jump"), sample).out(),
                ok(List.of("--top-k=1", "--window=jump"), sample).out());

        Outcome eval = ok(List.of("--eval-iters=3"), "eval", run());
        assertTrue(eval.out().matches("(?s)gpt with .*\ntrain \\d.*\ndev   \\d.*\n"), eval.out());
        assertFalse(eval.out().contains("text that it was trained on"), eval.out());
        Path text = Files.writeString(dir.resolve("other.txt"), "KEEPER: no.\n".repeat(20));
        assertTrue(
                ok(List.of("--eval-iters=1"), "eval", "--text=" + text, run())
                        .out()
                        .contains(", not the text that it was trained on, so that train and dev"));

        Path file = dir.resolve("gpt.safetensors");
        ok(List.of(run()), "export", file.toString());
        assertEquals(
                cached.out(),
                ok(
                                List.of(),
                                "sample",
                                "--prefix=KEEPER:",
                                "--max-new-tokens=30",
                                "--safetensors=" + file)
                        .out());
        assertTrue(
                ok(List.of("--eval-iters=1"), "eval", "--safetensors=" + file)
                        .out()
                        .contains("; the file does not say\n"));
    }

    @Test
    void aRunThatIsGoneOnWithHasTheSameLosses() throws IOException {
        List<String> settings = new ArrayList<>(SMALL);
        settings.add("--dropout=0.1");
        // Warm-up as long as the run, so that the rate does not depend on where it was to end.
        settings.add("--warmup-iters=30");
        List<String> straight = losses(ok(settings, "train", "--max-steps=30", run()).out());
        assertEquals(4, straight.size());
        String other = "--work-dir=" + dir.resolve("other");
        ok(settings, "train", "--max-steps=10", other);
        Outcome resumed =
                ok(
                        List.of("--eval-interval=10", "--eval-iters=2"),
                        "train",
                        "--resume",
                        other,
                        "--max-steps=30");
        assertEquals(straight.subList(2, 4), losses(resumed.out()));
    }

    private static List<String> steps(Outcome outcome) {
        return losses(outcome.out()).stream()
                .map(line -> line.substring(0, line.indexOf(':')))
                .toList();
    }

    @Test
    void aRunThatIsGoneOnWithKeepsWhenLossesAreEstimated() throws IOException {
        String plan = "--eval-interval=4";
        ok(
                SMALL.stream().filter(o -> !o.startsWith("--eval-interval")).toList(),
                "train",
                plan,
                "--max-steps=8",
                run());
        assertEquals(
                List.of("12", "16"),
                steps(ok(List.of(), "train", "--resume", run(), "--max-steps=16")));
        // Unless another plan is given, which is kept in its turn.
        assertEquals(
                List.of("18", "20"),
                steps(
                        ok(
                                List.of("--eval-interval=2"),
                                "train",
                                "--resume",
                                run(),
                                "--max-steps=20")));
        assertEquals(
                List.of("22", "24"),
                steps(ok(List.of(), "train", "--resume", run(), "--max-steps=24")));
    }

    @Test
    void namesAndFilesAreTextsToo() throws IOException {
        Path file = Files.writeString(dir.resolve("t.txt"), "ab\u00e9\n".repeat(100));
        Outcome outcome = ok(SMALL, "train", "--max-steps=2", "--text=" + file, run());
        assertTrue(outcome.out().startsWith("400 characters from " + file + ", 4 different;"));
        // A gpt learns names too, each of which is a sequence of its own.
        Path names = Files.writeString(dir.resolve("names.txt"), "anna\nemma\n".repeat(10));
        ok(SMALL, "train", "--max-steps=2", "--overwrite", "--data=" + names, run());
        assertEquals(3, ok(List.of("--num-samples=3"), "sample", run()).out().lines().count());
    }

    @Test
    void manualGradientsBfloat16AndCheckpointingTrain() {
        for (List<String> how :
                List.of(
                        List.of("--gradients=manual", "--checkpointing"),
                        List.of("--dtype=bfloat16", "--gradient-accumulation-steps=2"))) {
            List<String> settings = new ArrayList<>(SMALL);
            settings.addAll(how);
            ok(settings, "train", "--max-steps=3", "--overwrite", run());
        }
        ok(
                List.of("--stage=g2", "--batch-size=4", "--eval-iters=2"),
                "train",
                "--max-steps=3",
                "--overwrite",
                run());
    }

    @Test
    void theLadderIsATable() {
        Outcome outcome = ok(List.of("--quick", "--stages=g7,g0"), "ladder");
        List<String> rows = outcome.out().lines().filter(line -> line.startsWith("| G")).toList();
        assertEquals(2, rows.size(), outcome.out());
        assertTrue(rows.get(0).startsWith("| G0 bigram table | 3,025 | 200 | "), outcome.out());
        assertTrue(rows.get(1).contains(" | 100 | ") && rows.get(1).contains(" | 2.06 | "));
    }

    @Test
    void mistakesAreToldInOneSentence() {
        ok(SMALL, "train", "--max-steps=1", run());
        assertMistake("has a run already; resume it by --resume", "train", "--max-steps=1", run());
        assertMistake(
                "embedding must be a multiple of its heads", "train", "--n-head=5", run() + "2");
        assertMistake(
                "bfloat16 works with the engine's gradients alone",
                "train",
                "--dtype=bfloat16",
                "--gradients=manual",
                run() + "2");
        assertMistake("the batch size must be at least 0", "train", "--batch-size=-1", run() + "2");
        assertMistake(
                "the prefix cannot be used: '\u00e9' is not in the vocabulary",
                "sample",
                "--prefix=\u00e9",
                run());
        assertMistake(
                "--data is for names, and this is about a text; give --text",
                "ladder",
                "--data=pom.xml");
        assertMistake(
                "--checkpointing changes nothing in g1, which has no blocks",
                "train",
                "--stage=g1",
                "--checkpointing",
                run() + "2");
        assertMistake(
                "--dtype changes nothing in g0, which computes no products",
                "train",
                "--stage=g0",
                "--dtype=bfloat16",
                run() + "2");
        assertMistake("top-p must be greater than 0", "sample", "--top-p=0", run());
        assertMistake("does not exist", "sample", "--checkpoint=" + dir.resolve("none.ckpt"));
        assertMistake("does not exist", "sample", "--safetensors=" + dir.resolve("none"));
        assertMistake("none.txt does not exist", "ladder", "--text=none.txt");
        assertMistake(
                "--resume keeps the model and the settings of the run, so --learning-rate,"
                        + " --gradients cannot be given with it; --max-steps can",
                "train",
                "--resume",
                "--lr=1",
                "--gradients=manual",
                run());
        assertMistake(
                "was trained on other data than these",
                "train",
                "--resume",
                "--text=pom.xml",
                run());
        assertMistake("the model does not know this text", "eval", "--text=pom.xml", run());
    }

    private static void assertMistake(String part, String... args) {
        Outcome outcome = gpt(List.of(), args);
        assertEquals(2, outcome.exitCode(), outcome.err());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().contains(part), outcome.err());
    }
}
