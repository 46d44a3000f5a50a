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
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.djlext.makemore.data.Names;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NinjaCommandTest {

    /** Returns the number behind a text. */
    private static double number(String out, String text) {
        Matcher matcher = Pattern.compile(text + "(-?[0-9][0-9.e-]*)").matcher(out);
        assertTrue(matcher.find(), out);
        return Double.parseDouble(matcher.group(1));
    }

    private static String ok(String... args) {
        Outcome outcome = Outcome.of((Object[]) args);
        assertEquals(0, outcome.exitCode(), outcome.err());
        assertFalse(outcome.out().contains("approximate: False"), outcome.out());
        return outcome.out();
    }

    @Test
    void embeddedNamesGiveTheWholeTable() {
        String out = ok("ninja", "--max-steps", "400", "--n-embd2", "60");
        assertTrue(Math.abs(number(out, "loss [0-9.]+, difference ")) < 1e-6, out);
        assertTrue(number(out, "largest difference forward ") < 2e-6, out);
        // From 3.3 for uniform guesses; 400 steps bring it near the 2.6 of bigrams.
        assertTrue(number(out, "\ndev +") < 2.7, out);
        assertEquals(20, out.lines().filter(line -> line.matches("[a-z]*[.]")).count(), out);
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
        String out = ok("ninja", "--data", file.get().toString(), "--max-steps", "1000");
        assertTrue(
                out.contains(
                        "182,625 examples to train on, 22,655 to choose by, 22,866 to test with"),
                out);
        assertEquals(3.557147, number(out, "loss "), 1e-6);
        assertTrue(
                out.lines()
                        .filter(line -> line.contains("approximate: "))
                        .limit(11)
                        .allMatch(line -> line.contains("exact: True")),
                out);
        assertTrue(
                out.contains(
                        String.format(
                                Locale.ROOT,
                                "manual gradients; %,d parameters",
                                golden.get("params_total").getAsLong())),
                out);
        JsonArray losses = golden.getAsJsonArray("losses");
        for (int i = 0; i < 1000; i += 100) {
            double want = losses.get(i).getAsFloat();
            assertEquals(want, number(out, "\n +" + i + "/ +1000: "), 1.5e-4, "step " + i);
        }
        JsonObject eval = golden.getAsJsonObject("eval");
        assertEquals(eval.get("train").getAsDouble(), number(out, "\ntrain +"), 1.5e-4);
        assertEquals(eval.get("val").getAsDouble(), number(out, "\ndev +"), 1.5e-4);
        assertEquals(eval.get("test").getAsDouble(), number(out, "\ntest +"), 1.5e-4);
        // The first names; later ones may differ by a build's rounding of exp and log.
        for (JsonElement name : golden.getAsJsonArray("samples").asList().subList(0, 3)) {
            assertTrue(out.contains("\n" + name.getAsString() + "\n"), out);
        }
    }

    @Test
    void mistakesAreToldInOneSentence(@TempDir Path dir) throws IOException {
        Path digits = Files.writeString(dir.resolve("digits.txt"), "emma\n4711\n");
        Path empty = Files.writeString(dir.resolve("empty.txt"), "");
        String[][] mistakes = {
            {"--max-steps -1", "--max-steps must be at least 0, but is -1"},
            {"--batch-size 1", "--batch-size must be at least 2, but is 1"},
            {"--n-embd2 0", "--n-embd2 must be from 1 to 100000, but is 0"},
            {"--max-steps abc", "must be a whole number, but is 'abc'"},
            {"--device tpu", "must be cpu, gpu, or gpu and a number, but is \"tpu\""},
            {"--device gpu99", "but the engine sees"},
            {"--data none.txt", "does not exist"},
            {"--data " + empty, "is empty; give a file with an item a line"},
            {"--data " + digits, "but line 2 of " + digits + " is \"4711\""},
            {"--data " + digits + " --download", "exclude each other"},
            {"--stepz 1", "Unknown option"},
        };
        for (String[] mistake : mistakes) {
            Outcome.run("ninja " + mistake[0]).assertMistake(mistake[1]);
        }
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
