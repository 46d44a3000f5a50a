/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

/** The learning rate of each step. */
@FunctionalInterface
public interface LearningRate {

    /**
     * Returns the rate of a step.
     *
     * @param step the number of the step, from 0
     * @return the rate
     */
    double at(int step);

    /**
     * Makes a rate that does not change.
     *
     * @param rate the rate
     * @return the rate of every step
     */
    static LearningRate constant(double rate) {
        return step -> rate;
    }

    /**
     * Makes the lectures' step decay: a rate, and from some step on a tenth of it.
     *
     * @param rate the first rate, such as 0.1
     * @param decayAt the first step of the lower rate
     * @return the rates
     */
    static LearningRate stepDecay(double rate, int decayAt) {
        return step -> step < decayAt ? rate : rate / 10;
    }

    /**
     * Makes the lecture's search for a good rate: from the lowest to the highest with equal factors
     * from step to step, {@code 10 ** linspace(log10(lowest), log10(highest), steps)}.
     *
     * @param lowest the first rate, such as 0.001
     * @param highest the last rate, such as 1
     * @param steps how many steps there are, at least 2
     * @return the rates
     */
    static LearningRate sweep(double lowest, double highest, int steps) {
        double from = Math.log10(lowest);
        double to = Math.log10(highest);
        return step -> Math.pow(10, from + (to - from) * step / (steps - 1));
    }
}
