/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.training.tracker.Tracker;
import java.io.Serializable;

/**
 * The learning rate of each step.
 *
 * @param schedule how it changes
 * @param rate the first rate, or with a warm-up the one after it
 * @param last the last rate
 * @param step where the rate changes: the step of the decay, or the steps of the warm-up
 */
public record LearningRate(Schedule schedule, double rate, double last, int step)
        implements Serializable {

    /** How a rate changes. */
    public enum Schedule {
        /** Not at all. */
        CONSTANT,
        /** From some step on it is the last. */
        STEP_DECAY,
        /** It rises from 0, then falls along half a cosine. */
        COSINE,
        /** It grows by equal factors from step to step. */
        SWEEP
    }

    void check() {
        if (!(rate >= 0 && rate < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "the learning rate must not be negative, but is " + rate);
        }
        if (step < 0) {
            throw new IllegalArgumentException(
                    "the step where the learning rate changes must not be negative, but is "
                            + step);
        }
        if (schedule == Schedule.SWEEP && !(rate > 0 && last > 0)) {
            throw new IllegalArgumentException(
                    "rates that grow by equal factors must be greater than 0, but go from %s to %s"
                            .formatted(rate, last));
        }
        boolean above = schedule != Schedule.SWEEP && last > rate;
        if (!(last >= 0 && last < Double.POSITIVE_INFINITY) || above) {
            throw new IllegalArgumentException(
                    "the final rate must be from 0 to the learning rate, but is " + last);
        }
    }

    /**
     * {@return a rate that does not change}
     *
     * @param rate the rate
     */
    public static LearningRate constant(double rate) {
        return new LearningRate(Schedule.CONSTANT, rate, rate, 0);
    }

    /**
     * {@return the lectures' step decay: a rate, and from some step on a tenth of it}
     *
     * @param rate the first rate, such as 0.1
     * @param decayAt the first step of the lower rate
     */
    public static LearningRate stepDecay(double rate, int decayAt) {
        return new LearningRate(Schedule.STEP_DECAY, rate, rate / 10, decayAt);
    }

    /**
     * {@return nanoGPT's schedule: a linear warm-up, then half a cosine down to the last step}
     *
     * @param rate the highest rate
     * @param last the rate of the last step
     * @param warmUp over how many steps the rate rises from 0
     */
    public static LearningRate cosine(double rate, double last, int warmUp) {
        return new LearningRate(Schedule.COSINE, rate, last, warmUp);
    }

    /**
     * {@return the lecture's search for a good rate: from the lowest to the highest with equal
     * factors from step to step, {@code 10 ** linspace(log10(lowest), log10(highest), steps)}}
     *
     * @param lowest the first rate, such as 0.001
     * @param highest the last rate, such as 1
     */
    public static LearningRate sweep(double lowest, double highest) {
        return new LearningRate(Schedule.SWEEP, lowest, highest, 0);
    }

    /**
     * {@return the rate of a step}
     *
     * @param now the number of the step, from 0
     * @param steps how many steps there are in all, which a cosine and a sweep are stretched to
     */
    public double at(int now, int steps) {
        return switch (schedule) {
            case CONSTANT -> rate;
            case STEP_DECAY -> now < step ? rate : last;
            case COSINE -> cosine(now, steps);
            case SWEEP -> {
                double from = Math.log10(rate);
                yield Math.pow(10, from + (Math.log10(last) - from) * now / Math.max(1, steps - 1));
            }
        };
    }

    private double cosine(int now, int steps) {
        Tracker main =
                last == rate
                        ? Tracker.fixed((float) rate)
                        : Tracker.cosine()
                                .setBaseValue((float) rate)
                                .optFinalValue((float) last)
                                .setMaxUpdates(Math.max(1, steps - step))
                                .build();
        return Tracker.warmUp()
                .setMainTracker(main)
                .optWarmUpSteps(step)
                .optWarmUpBeginValue(0)
                .build()
                // One on, since a first step of rate 0 would be lost.
                .getNewValue(now + 1);
    }
}
