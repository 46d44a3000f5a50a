/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.djlext.testing.Failures.assertContains;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.djlext.makemore.data.Names;
import org.djlext.testing.Golden;
import org.junit.jupiter.api.Test;

class NinjaCommandTest {

    /** Returns the number behind a text. */
    private static double number(String out, String text) {
        Matcher matcher = Pattern.compile(text + "(-?[0-9][0-9.e-]*)").matcher(out);
        assertTrue(matcher.find(), out);
        return Double.parseDouble(matcher.group(1));
    }

    private static String ok(String line, Object... values) {
        Outcome outcome = Outcome.ok(line, values);
        assertFalse(outcome.out().contains("approximate: False"), outcome.out());
        return outcome.out();
    }

    @Test
    void embeddedNamesGiveTheWholeTable() {
        String out = ok("ninja --max-steps 400 --n-embd2 60");
        assertTrue(Math.abs(number(out, "loss [0-9.]+, difference ")) < 1e-6, out);
        assertTrue(number(out, "largest difference forward ") < 2e-6, out);
        // From 3.3 for uniform guesses; 400 steps bring it near the 2.6 of bigrams.
        assertTrue(number(out, "\ndev +") < 2.7, out);
        assertEquals(20, out.lines().filter(line -> line.matches("[a-z]*[.]")).count(), out);
    }

    @Test
    void outputIsTheLectures() {
        Outcome outcome = Outcome.ok("ninja --max-steps 0 --batch-size 30");
        assertContains(
                outcome.out(),
                "logprobs        | exact: True  | approximate: True  | maxdiff:" + " 0.0\n");
        assertEquals(
                28, outcome.out().lines().filter(l -> l.contains("approximate: True")).count());
        assertEquals("", outcome.err());
    }

    @Test
    void realNamesGiveTheGoldenNumbers() {
        Optional<Path> file = Names.LECTURES.findLocal();
        assumeTrue(file.isPresent(), "names.txt is not here; name its folder in MAKEMORE_DATA");
        JsonObject golden = Golden.read("/golden/ninja_training_1000.json");
        String out = ok("ninja --max-steps 1000 --data %s", file.get());
        assertContains(
                out, "182,625 examples to train on, 22,655 to choose by, 22,866 to test with");
        assertEquals(3.557147, number(out, "loss "), 1e-6);
        assertTrue(
                out.lines()
                        .filter(line -> line.contains("approximate: "))
                        .limit(11)
                        .allMatch(line -> line.contains("exact: True")),
                out);
        assertContains(
                out,
                String.format(
                        Locale.ROOT,
                        "manual gradients; %,d parameters",
                        golden.get("params_total").getAsLong()));
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
            assertContains(out, "\n" + name.getAsString() + "\n");
        }
    }
}
