/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples;

import java.io.PrintWriter;
import java.util.Locale;
import org.djlext.makemore.gpt.GptCost;
import org.djlext.makemore.gpt.GptTraining;

/** Prints what training will cost, and how it goes: losses, speed, and share of the peak. */
final class GptProgress {

    private static final double GIGA = 1e9;
    private static final double MEBI = 1 << 20;

    private final GptCost cost;
    private final double peak;
    private final PrintWriter out;
    private long since = System.nanoTime();
    private double seconds;
    private int lastStep;

    /**
     * Starts.
     *
     * @param cost what a step takes
     * @param peak the fastest product of matrices, in operations a second
     * @param firstStep the number of the first step
     * @param out where to print
     */
    GptProgress(GptCost cost, double peak, int firstStep, PrintWriter out) {
        this.cost = cost;
        this.peak = peak;
        this.out = out;
        lastStep = firstStep;
    }

    /** Prints the cost of all steps. */
    void announce(int steps) {
        double all = cost.flopsPerToken() * cost.tokensPerStep() * steps;
        out.printf(
                Locale.ROOT,
                "%,d tokens a step, %.2f GFLOP a step, about %,.0f MiB; the device multiplies"
                        + " matrices at %.0f GFLOP/s, so %,d steps take %.0f s at least%n",
                cost.tokensPerStep(),
                cost.flopsPerToken() * cost.tokensPerStep() / GIGA,
                cost.bytes() / MEBI,
                peak / GIGA,
                steps,
                all / peak);
        out.flush();
    }

    /** Starts the clock. */
    void restart(int step) {
        since = System.nanoTime();
        lastStep = step;
    }

    /** Stops the clock. */
    void stop() {
        seconds = (System.nanoTime() - since) / GIGA;
    }

    /** Prints the losses, and the speed while the clock ran. */
    void print(GptTraining.Evaluated losses, double rate) {
        double tokens = (double) cost.tokensPerStep() * (losses.step() - lastStep);
        String speed =
                tokens == 0
                        ? ""
                        : String.format(
                                Locale.ROOT,
                                ", %,.0f tokens/s, %.0f%% of the peak",
                                tokens / seconds,
                                100 * tokens * cost.flopsPerToken() / seconds / peak);
        out.printf(
                Locale.ROOT,
                "step %5d: train %.4f, val %.4f, lr %.2e%s%n",
                losses.step(),
                losses.train(),
                losses.val(),
                rate,
                speed);
        out.flush();
    }
}
