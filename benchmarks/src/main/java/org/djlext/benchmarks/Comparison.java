/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.util.List;
import java.util.function.DoubleSupplier;

/**
 * The same steps done in several ways.
 *
 * @param title what is done
 * @param compared the steps whose losses are compared before anything is timed; 0 if they have none
 * @param tolerance by how much losses may differ
 * @param sides the ways, our default first
 */
record Comparison(String title, int compared, double tolerance, List<Side> sides) {

    /**
     * Compares the losses of all sides, times the sides in turns, and prints a table.
     *
     * @return whether the losses of all sides are the same
     */
    boolean run(Turns turns, Printer out) {
        out.line("%n## %s%n", title);
        boolean same = compared == 0 || agree(out);
        Timing t = turns.time(sides.stream().<DoubleSupplier>map(side -> side::seconds).toList());
        out.head(1, " | microseconds a step | our default is faster by");
        for (int s = 0; s < sides.size(); s++) {
            out.line(
                    "| %s | %s | %s |",
                    sides.get(s).name(), t.spread("%.0f", s, 1e6), s == 0 ? "" : t.ratio(s, 0));
        }
        return same;
    }

    /** Says how far the losses of all sides agree, or which differ. */
    private boolean agree(Printer out) {
        double[] first = sides.get(0).work().apply(compared);
        double worst = 0;
        for (Side side : sides) {
            double[] losses = side.work().apply(compared);
            for (int i = 1; i <= compared; i++) {
                double difference = Math.abs(losses[i] - first[i]);
                if (!(difference <= tolerance)) {
                    out.line(
                            "DIFFERENT: the loss of step %d is %s here and %s by %s",
                            i - 1, first[i], losses[i], side.name());
                    return false;
                }
                worst = Math.max(worst, difference);
            }
        }
        out.line(
                "The losses of %d steps, %.4f to %.4f, differ by at most %.1e.%n",
                compared, first[1], first[compared], worst);
        return true;
    }
}
