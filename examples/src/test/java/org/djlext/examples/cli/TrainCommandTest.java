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
    private final Path run;

    TrainCommandTest(@TempDir Path dir) {
        this.dir = dir;
        run = dir.resolve("run");
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
        String line = "train --model %s --max-steps 10 --work-dir %s --eval-interval 5";
        String train = Outcome.ok(line, type, run).out();
        assertTrue(train.contains("\n" + type + " with "), train);
        assertTrue(train.matches("(?s).*\ntrain [0-9.]+\ndev {3}[0-9.]+\n.*"), train);
        assertTrue(Files.exists(run.resolve("serving.properties"))); // DJL's Criteria read it
        Outcome sample =
                Outcome.ok("sample --work-dir %s --num-samples 5 --prefix ma --top-k 5", run);
        List<String> lines = sample.out().lines().toList();
        assertEquals(5, lines.size(), sample.out()); // names alone, for other programs
        assertTrue(lines.stream().allMatch(n -> n.startsWith("ma")), sample.out());
        assertTrue(sample.err().startsWith("in train "), sample.err());
        String eval = Outcome.ok("eval --work-dir %s", run).out();
        assertTrue(eval.matches("(?s).*\ntest {2}[0-9.]+ {3}\\([0-9,]+ examples\\)\n"), eval);
    }

    @Test
    void aRunIsResumedAndReplacedWhenAsked() throws IOException {
        String train = "train --model mlp --work-dir %s ";
        Outcome.ok(train + "--max-steps 10", run);
        String more = Outcome.ok(train + "--resume --max-steps 14", run).out();
        assertTrue(more.contains("resumed at step 10"), more);
        byte[] old = Files.readAllBytes(run.resolve(RunFolder.BEST));
        Outcome.ok(train + "--overwrite --max-steps 1 --eval-interval 0", run);
        byte[] best = Files.readAllBytes(run.resolve(RunFolder.BEST));
        assertFalse(Arrays.equals(old, best), "the best of the old run");
    }

    @Test
    void calibrationChangesTheLossOfBatchNormAlone() {
        Outcome.ok("train --max-steps 10 --work-dir %s", run);
        Outcome plain = Outcome.ok("eval --work-dir %s", run);
        Outcome calibrated = Outcome.ok("eval --work-dir %s --calibrate", run);
        assertNotEquals(plain.out(), calibrated.out());
    }

    @Test
    void anyAlphabetIsGood() throws IOException {
        Path file = dir.resolve("words.txt");
        String smile = "\uD83D\uDE00\uD83D\uDE01";
        List<String> lines =
                List.of("\uFEFFюля", "", "анна", "小明", "Ägir", "A.B.", smile, "иван", "о", "ольга");
        Files.writeString(file, String.join("\r\n", lines) + "\r\nпётр\r\nlong name");
        String train = "train --data %s --work-dir %s --max-steps 30 --model gru";
        String trained = Outcome.ok(train, file, run).out();
        assertTrue(trained.startsWith("11 names from " + file), trained);
        Outcome.ok("sample --work-dir %s --prefix 小 --data %s", run, file);
        // A run knows where its names are.
        Outcome again = Outcome.ok("sample --work-dir %s", run);
        assertTrue(again.err().startsWith("in train "), again.err());
        assertTrue(Outcome.ok("eval --work-dir %s", run).out().contains("\ntest "));
        Path others = dir.resolve("others.txt");
        Files.write(others, Names.embedded().subList(0, 20));
        Outcome other = Outcome.ok("sample --work-dir %s --data %s", run, others);
        assertTrue(other.err().startsWith("the model was trained on other names"), other.err());
        Outcome.run("eval --work-dir %s --data %s", run, others)
                .assertMistake(
                        "the model in "
                                + run.resolve(RunFolder.BEST)
                                + " was trained on other data than 20 names from "
                                + others
                                + ", so that train, dev and test would not be what they were;"
                                + " leave them out, or give the same");
        Files.writeString(file, "others\n".repeat(20));
        Outcome.run("eval --work-dir %s", run)
                .assertMistake(
                        file + " must be the data of the run, but is not; give these with --data");
    }
}
