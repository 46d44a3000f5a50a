/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.training.tracker.Tracker;
import org.djlext.makemore.train.LearningRate;
import org.djlext.optim.TorchAdamW;

/**
 * How a GPT is trained.
 *
 * @param steps how many updates
 * @param batchSize B, the sequences of a batch
 * @param accumulation how many batches make an update
 * @param rate the learning rate, after the warm-up
 * @param finalRate the rate at the end, reached along half a cosine; equal to rate for none
 * @param warmUp over how many steps the rate rises from 0
 * @param beta1 AdamW's first beta
 * @param beta2 AdamW's second beta
 * @param weightDecay how fast parameters decay
 * @param decayAll whether all of them do, or only matrices and not biases and norms
 * @param clip the largest norm of all gradients together, 0 for no limit
 * @param seed seeds the engine's generator
 */
public record GptTrainingSettings(
        int steps,
        int batchSize,
        int accumulation,
        double rate,
        double finalRate,
        int warmUp,
        double beta1,
        double beta2,
        double weightDecay,
        boolean decayAll,
        double clip,
        long seed) {

    /**
     * Checks the settings.
     *
     * @param steps at least 0
     * @param batchSize at least 1
     * @param accumulation at least 1
     * @param rate greater than 0
     * @param finalRate from 0 to rate
     * @param warmUp at least 0
     * @param beta1 from 0 to less than 1
     * @param beta2 from 0 to less than 1
     * @param weightDecay at least 0
     * @param decayAll whether all parameters decay
     * @param clip at least 0
     * @param seed any number
     */
    public GptTrainingSettings {
        check(steps >= 0, "the number of steps must be at least 0, but is " + steps);
        check(batchSize >= 1, "the batch size must be at least 1, but is " + batchSize);
        check(accumulation >= 1, "accumulation must be at least 1, but is " + accumulation);
        check(rate > 0, "the learning rate must be greater than 0, but is " + rate);
        check(
                finalRate >= 0 && finalRate <= rate,
                "the final rate must be from 0 to the learning rate, but is " + finalRate);
        check(warmUp >= 0, "the warm-up must be at least 0 steps, but is " + warmUp);
        check(isShare(beta1) && isShare(beta2), "a beta must be from 0 to less than 1");
        check(weightDecay >= 0, "the weight decay must be at least 0, but is " + weightDecay);
        check(clip >= 0, "the largest norm must be at least 0, but is " + clip);
    }

    private static boolean isShare(double beta) {
        return beta >= 0 && beta < 1;
    }

    private static void check(boolean right, String message) {
        if (!right) {
            throw new IllegalArgumentException(message);
        }
    }

    /**
     * Returns the lecture's settings: PyTorch's AdamW with a constant rate, which lets everything
     * decay by 0.01 times the rate, and batches of 32.
     *
     * @param steps how many updates
     * @param rate the learning rate
     * @param seed the seed; the lecture has 1337
     * @return the settings
     */
    public static GptTrainingSettings lecture(int steps, double rate, long seed) {
        return new GptTrainingSettings(
                steps, 32, 1, rate, rate, 0, 0.9, 0.999, 0.01, true, 0, seed);
    }

    /**
     * Returns settings with another number of steps.
     *
     * @param count how many updates there are to be in all
     * @return the new settings
     */
    public GptTrainingSettings withSteps(int count) {
        return new GptTrainingSettings(
                count,
                batchSize,
                accumulation,
                rate,
                finalRate,
                warmUp,
                beta1,
                beta2,
                weightDecay,
                decayAll,
                clip,
                seed);
    }

    /**
     * Returns the learning rate of each step, by DJL's trackers where it changes.
     *
     * @return the rates
     */
    public LearningRate learningRate() {
        if (finalRate == rate && warmUp == 0) {
            return LearningRate.constant(rate);
        }
        Tracker main =
                finalRate == rate
                        ? Tracker.fixed((float) rate)
                        : Tracker.cosine()
                                .setBaseValue((float) rate)
                                .optFinalValue((float) finalRate)
                                .setMaxUpdates(Math.max(1, steps - warmUp))
                                .build();
        Tracker tracker =
                Tracker.warmUp()
                        .setMainTracker(main)
                        .optWarmUpSteps(warmUp)
                        .optWarmUpBeginValue(0)
                        .build();
        // One on, since a first step of rate 0 would be lost.
        return step -> tracker.getNewValue(step + 1);
    }

    /** Returns the optimizer of a model, which is closed by its owner. */
    TorchAdamW optimizer(Gpt model) {
        return TorchAdamW.builder()
                .optBetas(beta1, beta2)
                .optWeightDecay(weightDecay)
                .optDecay(
                        model.getParameters(),
                        (name, parameter) -> decayAll || parameter.getShape().dimension() > 1)
                .build();
    }
}
