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
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The gpt commands on small settings, and what mistakes look like. */
class GptCommandTest {

    private static final String SIZES =
            "train --model gpt --block-size 16 --n-embd 16 --n-head 2 --n-layer 2 --batch-size 4 ";
    private static final String SMALL = SIZES + "--eval-interval 10 --eval-iters 2 --work-dir %s ";

    private final Path dir;
    private final Path run;

    GptCommandTest(@TempDir Path dir) {
        this.dir = dir;
        run = dir.resolve("run");
    }

    private static String ok(String line, Object... values) {
        return Outcome.ok(line, values).out();
    }

    private static List<String> losses(String out) {
        return out.lines()
                .filter(line -> line.contains(": train "))
                .map(line -> line.strip().replaceFirst("/.*: ", ": "))
                .toList();
    }

    @Test
    void trainSampleEvalExportAndResume() throws IOException {
        String trained = ok(SMALL + "--max-steps 20 --dropout 0.1", run);
        String head = "20,075 characters of the embedded play, 55 different;";
        assertTrue(trained.startsWith(head), trained);
        assertTrue(trained.contains("\ngpt with "), trained);
        assertEquals(3, losses(trained).size(), trained);

        String sample = "sample --prefix KEEPER: --max-new-tokens 30 --work-dir %s ";
        String cached = ok(sample, run);
        assertEquals("KEEPER:".length() + 30, cached.stripTrailing().length(), 1);
        assertEquals(cached, ok(sample + "--no-cache", run));
        assertEquals(
                ok(sample + "--temperature 0 --window jump", run),
                ok(sample + "--top-k 1 --window jump", run));

        String eval = ok("eval --eval-iters 3 --work-dir %s", run);
        assertTrue(eval.matches("(?s)gpt with .*\ntrain \\d.*\ndev   \\d.*\n"), eval);
        assertFalse(eval.contains("text that it was trained on"), eval);
        Path text = Files.writeString(dir.resolve("other.txt"), "KEEPER: no.\n".repeat(20));
        assertTrue(
                ok("eval --eval-iters 1 --text %s --work-dir %s", text, run)
                        .contains(", not the text that it was trained on, so that train and dev"));

        Path file = dir.resolve("gpt.safetensors");
        ok("export --work-dir %s %s", run, file);
        assertEquals(cached, ok(sample.replace("--work-dir", "--safetensors"), file));
        String unknown = ok("eval --eval-iters 1 --safetensors %s", file);
        assertTrue(unknown.contains("; the file does not say\n"), unknown);
    }

    private List<String> stepsOfResumed(String more) {
        return losses(ok("train --resume --work-dir %s --max-steps " + more, run)).stream()
                .map(line -> line.substring(0, line.indexOf(':')))
                .toList();
    }

    @Test
    void aResumedRunKeepsWhenLossesAreEstimated() {
        ok(SIZES + "--eval-iters 2 --eval-interval 4 --max-steps 8 --work-dir %s", run);
        assertEquals(List.of("12", "16"), stepsOfResumed("16"));
        // Unless another plan is given, which is kept in its turn.
        assertEquals(List.of("18", "20"), stepsOfResumed("20 --eval-interval 2"));
        assertEquals(List.of("22", "24"), stepsOfResumed("24"));
    }

    @Test
    void namesAndFilesAreTextsToo() throws IOException {
        Path file = Files.writeString(dir.resolve("t.txt"), "ab\u00e9\n".repeat(100));
        String trained = ok(SMALL + "--max-steps 2 --text %s", run, file);
        assertTrue(trained.startsWith("400 characters from " + file + ", 4 different;"), trained);
        // A gpt learns names too, each of which is a sequence of its own.
        Path names = Files.writeString(dir.resolve("names.txt"), "anna\nemma\n".repeat(10));
        ok(SMALL + "--max-steps 2 --overwrite --data %s", run, names);
        assertEquals(3, ok("sample --num-samples 3 --work-dir %s", run).lines().count());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                SMALL + "--gradients manual --checkpointing",
                SMALL + "--dtype bfloat16 --gradient-accumulation-steps 2",
                "train --model gpt --stage g2 --batch-size 4 --eval-iters 2 --work-dir %s"
            })
    void theWaysOfComputingTrain(String line) {
        ok(line + " --max-steps 3", run);
    }

    @Test
    void theLadderIsATable() {
        String out = ok("ladder --model gpt --quick --stages g7,g0");
        List<String> rows = out.lines().filter(line -> line.startsWith("| G")).toList();
        assertEquals(2, rows.size(), out);
        assertTrue(rows.get(0).startsWith("| G0 bigram table | 3,025 | 200 | "), out);
        assertTrue(rows.get(1).contains(" | 100 | ") && rows.get(1).contains(" | 2.06 | "));
    }
}
