/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.io.PrintWriter;
import java.util.Locale;
import org.djlext.makemore.train.Training;

/** Prints what training will cost, and how it goes: losses, speed, and share of the peak. */
final class GptProgress {

    private static final double GIGA = 1e9;

    private final long tokensPerStep;
    private final PrintWriter out;
    private long since = System.nanoTime();
    private double seconds;
    private int lastStep;

    /**
     * Starts.
     *
     * @param tokensPerStep how many characters a step sees
     * @param firstStep the number of the first step
     * @param out where to print
     */
    GptProgress(long tokensPerStep, int firstStep, PrintWriter out) {
        this.tokensPerStep = tokensPerStep;
        this.out = out;
        lastStep = firstStep;
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
    void print(Training.Evaluated losses, double rate) {
        double tokens = (double) tokensPerStep * (losses.step() - lastStep);
        String speed =
                tokens == 0 ? "" : String.format(Locale.ROOT, ", %,.0f tokens/s", tokens / seconds);
        out.printf(
                Locale.ROOT,
                "step %5d: train %.4f, val %.4f, lr %.2e%s%n",
                losses.step(),
                losses.train(),
                losses.dev(),
                rate,
                speed);
        out.flush();
    }
}
