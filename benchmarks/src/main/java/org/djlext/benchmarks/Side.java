/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.util.List;
import java.util.function.IntFunction;

/**
 * One way of doing steps, from the same start each time; most train a network from the same weights
 * on the same batches.
 *
 * @param name what it is
 * @param steps the steps of a round
 * @param work does a number of steps, and returns the seconds of one and then the losses
 */
record Side(String name, int steps, IntFunction<double[]> work) {

    /** Does the steps of a round, and returns the seconds of one. */
    double seconds() {
        return work.apply(steps)[0];
    }

    /** Compares the losses of all sides, and says how far they agree, or which differ. */
    static boolean agree(List<Side> sides, int steps, double tolerance, Printer out) {
        double[] first = sides.get(0).work.apply(steps);
        double worst = 0;
        for (Side side : sides) {
            double[] losses = side.work.apply(steps);
            for (int i = 1; i < losses.length; i++) {
                double difference = Math.abs(losses[i] - first[i]);
                if (!(difference <= tolerance)) {
                    out.line(
                            "DIFFERENT: the loss of step %d is %s here and %s by %s",
                            i - 1, first[i], losses[i], side.name);
                    return false;
                }
                worst = Math.max(worst, difference);
            }
        }
        out.line(
                "The losses of %d steps, %.4f to %.4f, differ by at most %.1e.%n",
                steps, first[1], first[steps], worst);
        return true;
    }
}
