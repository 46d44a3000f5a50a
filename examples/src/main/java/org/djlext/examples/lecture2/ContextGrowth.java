/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture2;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.djlext.examples.lecture.Output;

/**
 * Why one does not go on counting: a table for longer contexts has 27 times the rows for each
 * character more, and nearly all of them are empty. This is where the lectures turn to nets.
 */
final class ContextGrowth {

    private static final int LONGEST = 5;

    private ContextGrowth() {}

    static void run(Output out, List<String> names) {
        long rows = 1;
        for (int characters = 1; characters <= LONGEST; characters++) {
            rows *= 27;
            Set<String> seen = new HashSet<>();
            for (String name : names) {
                String framed = ".".repeat(characters) + name;
                for (int i = 0; i <= name.length(); i++) {
                    seen.add(framed.substring(i, i + characters));
                }
            }
            out.line(
                    "%d characters: %,11d rows, %,7d of them ever seen, %.3g %%",
                    characters, rows, seen.size(), 100.0 * seen.size() / rows);
        }
    }
}
