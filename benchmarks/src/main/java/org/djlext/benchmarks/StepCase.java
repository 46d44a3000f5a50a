/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.util.List;

/**
 * A training step that is done in several ways.
 *
 * @param name its name on the command line and in the file of its weights
 * @param title what is trained
 * @param compared the steps whose losses are compared first
 * @param tolerance by how much they may differ
 * @param ours the ways that run here, the default first
 * @param variants the ways that PyTorch has, by their names in {@code steps.py}
 * @param batchSize the examples of a step
 */
record StepCase(
        String name,
        String title,
        int compared,
        double tolerance,
        List<Side> ours,
        List<String> variants,
        int batchSize) {

    /**
     * Compares the losses of all sides, times the sides in turns, and prints a table.
     *
     * @return whether the losses of all sides are the same
     */
    boolean compare(List<Side> sides, int rounds, Printer out) {
        out.line("%n## %s%n", title);
        boolean same = Side.agree(sides, compared, tolerance, out);
        // A round that does not count: the compilers of both sides have work in it.
        Timing.ofSides(1, sides);
        Timing t = Timing.ofSides(rounds, sides);
        out.head(1, " | microseconds a step | our default is faster by");
        for (int s = 0; s < sides.size(); s++) {
            out.line(
                    "| %s | %s | %s |",
                    sides.get(s).name(), t.spread("%.0f", s, 1e6), s == 0 ? "" : t.ratio(s, 0));
        }
        return same;
    }
}
