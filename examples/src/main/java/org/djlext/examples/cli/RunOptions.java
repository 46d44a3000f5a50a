/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static java.util.Objects.requireNonNullElse;

import java.util.ArrayList;
import java.util.List;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.EvaluationPlan;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.OptimizerConfig;
import org.djlext.makemore.train.OptimizerConfig.Kind;
import org.djlext.makemore.train.TrainingConfig;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say how a model is trained. What is not given is the lecture's. */
final class RunOptions {

    private static final int DEFAULT_STEPS = 10_000;
    private static final int DEFAULT_BATCH_SIZE = 32;
    private static final double HIGHEST_RATE = 1e6;
    private static final long LECTURE_SEED = 2147483647L;

    @Option(names = "--steps", paramLabel = "N", description = "training steps, default 10000")
    private @Nullable Integer steps;

    @Option(
            names = "--batch-size",
            paramLabel = "N",
            description = "examples in a mini-batch, default 32; 0 for all examples in each step")
    private @Nullable Integer batchSize;

    @Option(
            names = "--optimizer",
            paramLabel = "NAME",
            description =
                    "sgd (default of the lectures' models) or adamw (of the makemore program's)")
    private @Nullable Kind optimizer;

    @Option(
            names = "--lr",
            paramLabel = "X",
            description = "the learning rate, default 0.1 for sgd and 5e-4 for adamw")
    private @Nullable Double rate;

    @Option(
            names = "--decay-at",
            paramLabel = "N",
            description = "the step from which the rate is a tenth, default three quarters")
    private @Nullable Integer decayAt;

    @Option(
            names = "--weight-decay",
            paramLabel = "X",
            description = "how fast weights decay, default 0 for sgd and 0.01 for adamw")
    private @Nullable Double weightDecay;

    @Option(
            names = "--clip",
            paramLabel = "X",
            description = "the largest norm of all gradients, default no limit")
    private @Nullable Double clip;

    @Option(
            names = "--eval-every",
            paramLabel = "N",
            description = "after how many steps the dev loss is computed, default a tenth of all")
    private @Nullable Integer evaluateEvery;

    @Option(
            names = "--patience",
            paramLabel = "N",
            description = "stop after so many dev losses without a new best, default never")
    private @Nullable Integer patience;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "seed of parameters and mini-batches, default 2147483647, the lecture's")
    private @Nullable Long seed;

    @Option(
            names = "--gradients",
            paramLabel = "WAY",
            description =
                    "compiled (default): whole steps in one script; manual: the hand-written"
                            + " operations; engine: the engine's autograd")
    private @Nullable Gradients gradients;

    /** Returns the number of steps if it is given. */
    @Nullable Integer givenSteps() {
        return steps == null ? null : Integer.valueOf(atLeast("--steps", steps, 0));
    }

    /** Returns the options that are given, but for the steps. */
    List<String> given() {
        List<String> given = new ArrayList<>();
        ModelOptions.add(given, "--batch-size", batchSize);
        ModelOptions.add(given, "--optimizer", optimizer);
        ModelOptions.add(given, "--lr", rate);
        ModelOptions.add(given, "--decay-at", decayAt);
        ModelOptions.add(given, "--weight-decay", weightDecay);
        ModelOptions.add(given, "--clip", clip);
        ModelOptions.add(given, "--eval-every", evaluateEvery);
        ModelOptions.add(given, "--patience", patience);
        ModelOptions.add(given, "--seed", seed);
        ModelOptions.add(given, "--gradients", gradients);
        return given;
    }

    /**
     * Returns the settings for a model.
     *
     * @throws IllegalArgumentException if one is out of range
     */
    TrainingConfig settings(ModelType type, int saveEvery) {
        boolean lecture =
                switch (type) {
                    case MLP, MLP_BN, DEEP, WAVENET -> true;
                    default -> false;
                };
        Kind chosen =
                optimizer != null ? optimizer : lecture ? Kind.SGD : Kind.ADAMW;
        boolean sgd = chosen == Kind.SGD;
        int count = atLeast("--steps", requireNonNullElse(steps, DEFAULT_STEPS), 0);
        boolean norms =
                switch (type) {
                    case MLP_BN, DEEP, WAVENET -> true;
                    default -> false;
                };
        if (norms && batchSize != null && batchSize == 1) {
            throw new IllegalArgumentException(
                    "--batch-size must be at least 2 for "
                            + type
                            + ", because batch norm divides by n - 1, but is 1");
        }
        if (patience != null && patience > 0 && evaluateEvery != null && evaluateEvery == 0) {
            throw new IllegalArgumentException(
                    "--patience counts dev losses, so --eval-every must not be 0 with it");
        }
        double decay = notNegative("--weight-decay", requireNonNullElse(weightDecay, sgd ? 0 : 0.01));
        int every = requireNonNullElse(evaluateEvery, Math.max(1, count / 10));
        return TrainingConfig.builder(count)
                .batchSize(
                        atLeast(
                                "--batch-size",
                                requireNonNullElse(batchSize, DEFAULT_BATCH_SIZE),
                                0))
                .optimizer(sgd ? OptimizerConfig.sgd(decay) : OptimizerConfig.adamW(decay))
                .learningRate(
                        LearningRate.stepDecay(
                                rate(requireNonNullElse(rate, sgd ? 0.1 : 5e-4)),
                                atLeast(
                                        "--decay-at",
                                        requireNonNullElse(decayAt, (int) (count * 3L / 4)),
                                        0)))
                .clip(notNegative("--clip", requireNonNullElse(clip, 0.0)))
                .evaluation(
                        new EvaluationPlan(
                                atLeast("--eval-every", every, 0),
                                0,
                                atLeast("--patience", requireNonNullElse(patience, 0), 0),
                                saveEvery))
                .seed(requireNonNullElse(seed, LECTURE_SEED))
                .gradients(requireNonNullElse(gradients, Gradients.COMPILED))
                .build();
    }

    private static int atLeast(String option, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(
                    option + " must be at least " + least + ", but is " + value);
        }
        return value;
    }

    private static double rate(double value) {
        // Larger ones do not fit into a float when they are multiplied.
        if (!(value >= 0 && value <= HIGHEST_RATE)) {
            throw new IllegalArgumentException(
                    "--lr must be from 0 to " + HIGHEST_RATE + ", but is " + value);
        }
        return value;
    }

    private static double notNegative(String option, double value) {
        if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(option + " must not be negative, but is " + value);
        }
        return value;
    }
}
