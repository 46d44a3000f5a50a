/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;


import org.djlext.makemore.train.EvaluationPlan;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.OptimizerConfig;
import org.djlext.makemore.train.OptimizerConfig.Kind;
import org.djlext.makemore.train.TrainingConfig;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a GPT is trained. */
final class GptTrainOptions {

    private static final int STEPS = 1200;
    private static final double FINAL_SHARE = 0.1;

    @Option(
            names = "--steps",
            paramLabel = "N",
            description = "updates in all, default 1200; can be given with --resume too")
    private @Nullable Integer steps;

    @Option(
            names = "--batch-size",
            paramLabel = "N",
            defaultValue = "16",
            description = "sequences of a batch, default ${DEFAULT-VALUE}")
    private int batchSize = 16;

    @Option(
            names = "--accumulate",
            paramLabel = "N",
            defaultValue = "1",
            description = "batches of an update, default ${DEFAULT-VALUE}")
    private int accumulation = 1;

    @Option(
            names = "--lr",
            paramLabel = "X",
            defaultValue = "3e-3",
            description = "the learning rate after the warm-up, default ${DEFAULT-VALUE}")
    private double rate = 3e-3;

    @Option(
            names = "--final-lr",
            paramLabel = "X",
            description = "the rate at the end, along a cosine; default a tenth of --lr")
    private @Nullable Double finalRate;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "50",
            description = "steps over which the rate rises, default ${DEFAULT-VALUE}")
    private int warmUp = 50;

    @Option(
            names = "--beta1",
            paramLabel = "X",
            defaultValue = "0.9",
            description = "AdamW's first beta, default ${DEFAULT-VALUE}")
    private double beta1 = 0.9;

    @Option(
            names = "--beta2",
            paramLabel = "X",
            defaultValue = "0.99",
            description = "AdamW's second beta, default ${DEFAULT-VALUE}")
    private double beta2 = 0.99;

    @Option(
            names = "--weight-decay",
            paramLabel = "X",
            defaultValue = "0.1",
            description = "how fast matrices decay, default ${DEFAULT-VALUE}")
    private double weightDecay = 0.1;

    @Option(
            names = "--clip",
            paramLabel = "X",
            defaultValue = "1",
            description =
                    "the largest norm of all gradients, default ${DEFAULT-VALUE}; 0 for no limit")
    private double clip = 1;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1337",
            description =
                    "seed of parameters, batches and dropout, default ${DEFAULT-VALUE}, the"
                            + " lecture's")
    private long seed = 1337;

    /** Returns the number of steps if it was given. */
    @Nullable Integer givenSteps() {
        return steps;
    }

    /**
     * Returns the settings.
     *
     * @throws IllegalArgumentException if they make no sense
     */
    TrainingConfig settings(Gradients gradients, EvaluationPlan plan) {
        if (batchSize < 1) {
            throw new IllegalArgumentException(
                    "the batch size must be at least 1, but is " + batchSize);
        }
        double last = finalRate != null ? finalRate : rate * FINAL_SHARE;
        return TrainingConfig.builder(steps != null ? steps : STEPS)
                .batchSize(batchSize)
                .accumulation(accumulation)
                .optimizer(new OptimizerConfig(Kind.ADAMW, beta1, beta2, weightDecay, false))
                .learningRate(LearningRate.cosine(rate, last, warmUp))
                .clip(clip)
                .evaluation(plan)
                .seed(seed)
                .gradients(gradients)
                .build();
    }

    /** Tells whether several batches make a step. */
    boolean accumulates() {
        return accumulation > 1;
    }
}
