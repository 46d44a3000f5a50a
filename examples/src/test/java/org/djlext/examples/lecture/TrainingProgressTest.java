/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture;

import static org.djlext.testing.Failures.assertContains;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TrainingProgressTest {

    private final StringWriter lines = new StringWriter();
    private long now;

    private void train(int from, PrintWriter out, @Nullable PrintWriter terminal) {
        try (TrainingProgress progress =
                new TrainingProgress(from, 200_000, out, terminal, () -> now)) {
            for (int step = from; step < 200_000; step++) {
                now += 1_000_000; // a millisecond a step
                progress.step(step, 12.3456);
                if (step == 15_000) {
                    progress.println("  15000/ 200000: dev 2.5");
                }
            }
        }
    }

    @Test
    void aTerminalShowsWhatAPipeDoesAndALineBelow() {
        train(0, new PrintWriter(lines), null);
        StringWriter screen = new StringWriter();
        PrintWriter both = new PrintWriter(screen);
        train(0, both, both);
        String piped = lines.toString();
        assertTrue(piped.startsWith("      0/ 200000: 12.3456\n  10000/ 200000: 12.3456\n"), piped);
        assertEquals(21, piped.lines().count());
        // What a terminal shows of the characters: a line begins anew after a carriage return.
        String shown = screen.toString().replaceAll("[^\n]*\r\u001b\\[K", "");
        assertEquals(piped, shown);
        assertContains(screen.toString(), "\r\u001b[K 50%  loss 12.3456  1000/s  1:40 left");
    }

    @Test
    void nothingNeedsMoreThan40Columns() {
        StringWriter screen = new StringWriter();
        PrintWriter both = new PrintWriter(screen);
        train(199_000, both, both); // of a resumed run, whose speed is that of its own steps
        for (String part : screen.toString().split("[\r\n]", -1)) {
            String seen = part.replace("\u001b[K", "");
            assertTrue(seen.length() <= 40, seen);
        }
        assertContains(screen.toString(), "1000/s  0:00 left");
    }
}
