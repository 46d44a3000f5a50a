/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.djlext.examples.lecture5.NinjaReport;
import org.djlext.gradcheck.GradientComparison;
import org.djlext.makemore.data.Names;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class NinjaCommandTest {

    private static NinjaReport run(String... args) {
        NinjaCommand ninja = new NinjaCommand();
        new CommandLine(ninja).parseArgs(args);
        return ninja.run(new PrintWriter(new StringWriter()));
    }

    @Test
    void embeddedNamesGiveTheWholeTable() {
        NinjaReport report = run("--max-steps", "400", "--n-embd2", "60");
        assertEquals(26, report.gradients().rows().size());
        for (GradientComparison row : report.gradients().rows()) {
            assertTrue(row.approximate(), row.toString());
        }
        for (GradientComparison row : report.training().compared()) {
            assertTrue(row.approximate(), row.toString());
        }
        assertTrue(report.gradients().logits().approximate());
        assertTrue(report.gradients().hprebn().approximate());
        assertTrue(Math.abs(report.gradients().lossDifference()) < 1e-6);
        assertTrue(report.gradients().hpreactDifference() < 2e-6);
        // From 3.3 for uniform guesses; 400 steps bring it near the 2.6 of bigrams.
        assertTrue(report.training().devLoss() < 2.7, "dev " + report.training().devLoss());
        assertEquals(20, report.training().names().size());
        assertTrue(report.training().names().stream().allMatch(n -> n.matches("[a-z]*[.]")));
    }

    @Test
    void outputIsTheLectures() {
        Outcome outcome = Outcome.of("ninja", "--max-steps", "0", "--batch-size", "30");
        assertEquals(0, outcome.exitCode(), outcome.err());
        assertTrue(
                outcome.out()
                        .contains(
                                "logprobs        | exact: True  | approximate: True  | maxdiff:"
                                        + " 0.0\n"),
                outcome.out());
        assertEquals(
                28, outcome.out().lines().filter(l -> l.contains("approximate: True")).count());
        assertEquals("", outcome.err());
    }

    @Test
    void realNamesGiveTheGoldenNumbers() throws IOException {
        Optional<Path> file = Names.LECTURES.findLocal();
        assumeTrue(file.isPresent(), "names.txt is not here; name its folder in MAKEMORE_DATA");
        JsonObject golden;
        try (InputStream in =
                NinjaCommandTest.class.getResourceAsStream("/golden/ninja_training_1000.json")) {
            golden =
                    JsonParser.parseReader(
                                    new InputStreamReader(
                                            Objects.requireNonNull(in), StandardCharsets.UTF_8))
                            .getAsJsonObject();
        }
        NinjaReport report = run("--data", file.get().toString(), "--max-steps", "1000");
        assertEquals(List.of(182625, 22655, 22866), report.splitSizes());
        assertEquals(3.557147, report.gradients().loss(), 1e-6);
        for (GradientComparison row : report.gradients().rows()) {
            assertTrue(row.approximate(), row.toString());
        }
        for (GradientComparison row : report.gradients().rows().subList(0, 11)) {
            assertTrue(row.exact(), row.toString());
        }
        assertEquals(golden.get("params_total").getAsLong(), report.training().parameters());
        JsonArray losses = golden.getAsJsonArray("losses");
        assertEquals(1000, losses.size());
        for (int i = 0; i < 1000; i++) {
            assertEquals(
                    losses.get(i).getAsFloat(),
                    report.training().losses().get(i),
                    1e-4f,
                    "step " + i);
        }
        JsonObject eval = golden.getAsJsonObject("eval");
        assertEquals(eval.get("train").getAsDouble(), report.training().trainLoss(), 1e-4);
        assertEquals(eval.get("val").getAsDouble(), report.training().devLoss(), 1e-4);
        assertEquals(eval.get("test").getAsDouble(), report.training().testLoss(), 1e-4);
        // The first names; later ones may differ by a build's rounding of exp and log.
        for (int i = 0; i < 3; i++) {
            assertEquals(
                    golden.getAsJsonArray("samples").get(i).getAsString(),
                    report.training().names().get(i));
        }
    }

    @Test
    void mistakesAreToldInOneSentence(@TempDir Path dir) throws IOException {
        Path digits = Files.writeString(dir.resolve("digits.txt"), "emma\n4711\n");
        Path empty = Files.writeString(dir.resolve("empty.txt"), "");
        assertMistake("--max-steps must be at least 0, but is -1", "--max-steps", "-1");
        assertMistake("--batch-size must be at least 2, but is 1", "--batch-size", "1");
        assertMistake("--n-embd2 must be at least 1, but is 0", "--n-embd2", "0");
        assertMistake("'abc' is not an int", "--max-steps", "abc");
        assertMistake("must be cpu, gpu, or gpu and a number, but is \"tpu\"", "--device", "tpu");
        assertMistake("but the engine sees", "--device", "gpu99");
        assertMistake("does not exist", "--data", dir.resolve("none.txt").toString());
        assertMistake("is empty; give a file with an item a line", "--data", empty.toString());
        assertMistake("but line 2 of " + digits + " is \"4711\"", "--data", digits.toString());
        assertMistake("exclude each other", "--data", digits.toString(), "--download");
        assertMistake("Unknown option", "--stepz", "1");
    }

    private static void assertMistake(String part, String... args) {
        String[] all = new String[args.length + 1];
        all[0] = "ninja";
        System.arraycopy(args, 0, all, 1, args.length);
        Outcome outcome = Outcome.of((Object[]) all);
        assertEquals(2, outcome.exitCode(), outcome.err());
        assertEquals(1, outcome.err().lines().count(), outcome.err());
        assertTrue(outcome.err().startsWith("makemore ninja: "), outcome.err());
        assertFalse(outcome.err().contains("Error: "), outcome.err());
        assertTrue(outcome.err().contains(part), outcome.err());
        assertEquals("", outcome.out());
    }

    @Test
    void commandIsNeeded() {
        Outcome outcome = Outcome.of();
        assertEquals(2, outcome.exitCode());
        assertEquals(
                "makemore: a command is needed, one of train, launch, sample, eval, export, ladder,"
                        + " lr-find, diagnose, plot, report, ninja, micrograd, bigram, verify,"
                        + " exercise, completion;"
                        + " makemore --help describes them",
                outcome.err());
        assertEquals(0, Outcome.of("ninja", "--help").exitCode());
        assertTrue(Outcome.of("ninja", "--help").out().contains("--batch-size"));
    }
}
