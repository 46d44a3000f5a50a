/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleSupplier;

/**
 * A training step that is done in several ways.
 *
 * @param name its name on the command line and in the file of its weights
 * @param title what is trained
 * @param steps the steps of a round
 * @param compared the steps whose losses are compared first
 * @param tolerance by how much they may differ
 * @param ours the ways that run here, the default first
 * @param variants the ways that PyTorch has, by their names in {@code steps.py}
 * @param batchSize the examples of a step
 */
record StepCase(
        String name,
        String title,
        int steps,
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
    boolean compare(List<Side> sides, int rounds, PrintWriter out) {
        out.printf("%n## %s%n%n", title);
        out.flush();
        boolean same = compareLosses(sides, out);
        List<DoubleSupplier> seconds =
                sides.stream()
                        .map(side -> (DoubleSupplier) () -> side.training().run(steps)[0])
                        .toList();
        // A round that does not count: the compilers of both sides have work in it.
        Timing.ofSeconds(1, 0, seconds);
        Timing t = Timing.ofSeconds(rounds, 0, seconds);
        out.println("| | microseconds a step | our default is faster by |");
        out.println("| --- | ---: | ---: |");
        for (int s = 0; s < sides.size(); s++) {
            out.printf(
                    "| %s | %s | %s |%n",
                    sides.get(s).name(), t.spread("%.0f", s, 1e6), s == 0 ? "" : t.ratio(s, 0));
        }
        out.flush();
        return same;
    }

    private boolean compareLosses(List<Side> sides, PrintWriter out) {
        double[] first = sides.get(0).training().run(compared);
        boolean same = true;
        double worst = 0;
        for (Side side : sides) {
            double[] losses = side.training().run(compared);
            for (int i = 1; i < losses.length; i++) {
                double difference = Math.abs(losses[i] - first[i]);
                if (!(difference <= tolerance)) {
                    out.printf(
                            "DIFFERENT: the loss of step %d is %s here and %s by %s%n",
                            i - 1, first[i], losses[i], side.name());
                    same = false;
                    break;
                }
                worst = Math.max(worst, difference);
            }
        }
        if (same) {
            out.printf(
                    Locale.ROOT,
                    "The losses of %d steps, %.4f to %.4f, differ by at most %.1e.%n%n",
                    compared,
                    first[1],
                    first[compared],
                    worst);
        }
        return same;
    }
}
