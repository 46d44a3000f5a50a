/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Runs the sides of a case in turns, after it has compared their losses, and prints a table. */
final class StepComparison {

    private final StepCase stepCase;
    private final List<Side> sides;
    private final int rounds;
    private final PrintWriter out;

    StepComparison(StepCase stepCase, List<Side> sides, int rounds, PrintWriter out) {
        this.stepCase = stepCase;
        this.sides = sides;
        this.rounds = rounds;
        this.out = out;
    }

    /** Returns whether the losses of all sides are the same. */
    boolean run() {
        boolean same = compareLosses();
        // A round that does not count: the compilers of both sides have work in it.
        sides.forEach(side -> side.seconds(stepCase.steps()));
        double[][] seconds = new double[sides.size()][rounds];
        for (int r = 0; r < rounds; r++) {
            for (int s = 0; s < sides.size(); s++) {
                seconds[s][r] = sides.get(s).seconds(stepCase.steps());
            }
        }
        out.println("| | microseconds a step | our default is faster by |");
        out.println("| --- | ---: | ---: |");
        for (int s = 0; s < sides.size(); s++) {
            double[] microseconds = Arrays.stream(seconds[s]).map(x -> 1e6 * x).toArray();
            out.printf(
                    Locale.ROOT,
                    "| %s | %s | %s |%n",
                    sides.get(s).name(),
                    Timing.spread("%.0f", microseconds),
                    s == 0 ? "" : Timing.spread("%.2f", Timing.ratios(seconds[s], seconds[0])));
        }
        return same;
    }

    private boolean compareLosses() {
        double[] first = sides.get(0).training().run(stepCase.compared());
        boolean same = true;
        double worst = 0;
        for (Side side : sides) {
            double[] losses = side.training().run(stepCase.compared());
            for (int i = 1; i < losses.length; i++) {
                double difference = Math.abs(losses[i] - first[i]);
                if (!(difference <= stepCase.tolerance())) {
                    out.printf(
                            Locale.ROOT,
                            "DIFFERENT: the loss of step %d is %s here and %s by %s%n",
                            i - 1,
                            first[i],
                            losses[i],
                            side.name());
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
                    stepCase.compared(),
                    first[1],
                    first[stepCase.compared()],
                    worst);
        }
        return same;
    }
}
