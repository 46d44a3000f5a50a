/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

/**
 * How a model is trained. Together with the model's configuration and the data it determines every
 * number of the run.
 *
 * @param steps how many steps
 * @param batchSize the number of examples of a step; 0 for all
 * @param optimizer what updates the parameters
 * @param rate the learning rate
 * @param decayAt the step from which the rate is a tenth
 * @param weightDecay how fast parameters decay, 0 for not at all
 * @param clip the largest norm of the gradients, 0 for no limit
 * @param evaluateEvery after how many steps the dev loss is computed, 0 for only at the end
 * @param patience after how many dev losses without a new best training stops, 0 for never
 * @param seed the seed of the random generator
 * @param gradients who differentiates
 */
public record RunSettings(
        int steps,
        int batchSize,
        Optimizer optimizer,
        double rate,
        int decayAt,
        double weightDecay,
        double clip,
        int evaluateEvery,
        int patience,
        long seed,
        Gradients gradients) {

    private static final int MAX_BATCH_SIZE = 1 << 20;

    /**
     * Checks the settings.
     *
     * @param steps at least 0
     * @param batchSize from 0 to 1,048,576
     * @param optimizer what updates the parameters
     * @param rate at least 0
     * @param decayAt at least 0
     * @param weightDecay at least 0
     * @param clip at least 0
     * @param evaluateEvery at least 0
     * @param patience at least 0
     * @param seed any number
     * @param gradients who differentiates
     */
    public RunSettings {
        notNegative("number of steps", steps);
        notNegative("batch size", batchSize);
        notNegative("learning rate", rate);
        notNegative("step of the decay", decayAt);
        notNegative("weight decay", weightDecay);
        notNegative("largest norm", clip);
        notNegative("number of steps between dev losses", evaluateEvery);
        notNegative("patience", patience);
        if (batchSize > MAX_BATCH_SIZE) {
            throw new IllegalArgumentException(
                    "the batch size must be at most "
                            + MAX_BATCH_SIZE
                            + ", but is "
                            + batchSize
                            + "; 0 takes all examples");
        }
    }

    private static void notNegative(String name, double value) {
        if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "the " + name + " must not be negative, but is " + value);
        }
    }

    /** What updates the parameters. */
    public enum Optimizer {
        /** Plain gradient descent on mini-batches, as in the lectures. */
        SGD,
        /** AdamW with the makemore program's betas, 0.9 and 0.99. */
        ADAMW
    }

    /**
     * Returns the same settings for another number of steps.
     *
     * @param other the number of steps
     * @return the new settings
     */
    public RunSettings withSteps(int other) {
        return new RunSettings(
                other,
                batchSize,
                optimizer,
                rate,
                decayAt,
                weightDecay,
                clip,
                evaluateEvery,
                patience,
                seed,
                gradients);
    }
}
