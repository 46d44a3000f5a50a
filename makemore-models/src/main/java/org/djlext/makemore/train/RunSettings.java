/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import org.djlext.makemore.layer.Gradients;

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
