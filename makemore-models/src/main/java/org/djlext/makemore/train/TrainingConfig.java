/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.Device;
import ai.djl.ndarray.types.Shape;
import java.io.Serializable;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.MemoryEstimate;
import org.djlext.makemore.model.ModelConfig;

/**
 * How a model is trained. Together with the model's configuration and the data it determines every
 * number of a run. {@link #builder} makes it.
 *
 * @param maxSteps how many updates
 * @param batchSize the number of examples of a batch; 0 for all, not drawn
 * @param accumulation how many batches make an update
 * @param optimizer what updates the parameters
 * @param learningRate the learning rate of each step
 * @param clip the largest norm of all gradients together, 0 for no limit
 * @param evaluation when the run is evaluated and saved
 * @param seed the seed of parameters, mini-batches and dropout
 * @param gradients how gradients are computed
 */
public record TrainingConfig(
        int maxSteps,
        int batchSize,
        int accumulation,
        OptimizerConfig optimizer,
        LearningRate learningRate,
        double clip,
        EvaluationPlan evaluation,
        long seed,
        Gradients gradients)
        implements Serializable {

    private static final int MAX_BATCH_SIZE = 1 << 20;

    private static void atLeast(String name, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(
                    "the " + name + " must be at least " + least + ", but is " + value);
        }
    }

    private void check() {
        atLeast("number of steps", maxSteps, 0);
        atLeast("batch size", batchSize, 0);
        atLeast("accumulation", accumulation, 1);
        if (!(clip >= 0 && clip < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "the largest norm must not be negative, but is " + clip);
        }
        if (batchSize > MAX_BATCH_SIZE) {
            throw new IllegalArgumentException(
                    "the batch size must be at most %s, but is %s; 0 takes all examples"
                            .formatted(MAX_BATCH_SIZE, batchSize));
        }
        if (gradients == Gradients.COMPILED && accumulation > 1) {
            throw new IllegalArgumentException(
                    "compiled steps are of one batch each, but accumulation is "
                            + accumulation
                            + "; take larger batches, or MANUAL or ENGINE gradients");
        }
        optimizer.check();
        learningRate.check();
        evaluation.check();
    }

    /**
     * Checks the settings, which may come from a file, and that a model can be trained like this.
     *
     * @param model the model
     * @throws IllegalArgumentException if a setting is out of range, or the model computes in a way
     *     that the gradients do not know
     */
    public void check(ModelConfig model) {
        check();
        if (!(model instanceof GptConfig gpt)) {
            return;
        }
        if (gpt.bfloat16() && gradients != Gradients.ENGINE) {
            throw new IllegalArgumentException(
                    ("bfloat16 works with the engine's gradients alone, because its casts happen in"
                                    + " scripts of their own, but got %s; use ENGINE")
                            .formatted(gradients));
        }
        if (gpt.checkpointing() && gradients == Gradients.COMPILED) {
            throw new IllegalArgumentException(
                    "checkpointing works with recorded steps alone, because a script keeps what it"
                            + " computes, but got COMPILED; use MANUAL or ENGINE");
        }
    }

    /** Checks that a device has the memory for the training of a model, not initialized yet. */
    void checkMemory(LanguageModel model, Device device) {
        // With checkpointing the activations of one block are there at a time.
        boolean block = model.config() instanceof GptConfig gpt && gpt.checkpointing();
        Shape batch = new Shape(block ? 1 : batchSize, model.config().blockSize());
        MemoryEstimate.ofTraining(model, batch).check(device);
    }

    /**
     * {@return the learning rate of a step}
     *
     * @param step the number of the step, from 0
     */
    public double rateAt(int step) {
        return learningRate.at(step, maxSteps);
    }

    /**
     * {@return a builder with the lectures' settings: plain gradient descent on batches of 32 with
     * the rate 0.1 and the seed 2147483647, compiled, and evaluated at the end}
     *
     * @param maxSteps how many updates
     */
    public static Builder builder(int maxSteps) {
        return new Builder().maxSteps(maxSteps);
    }

    /** {@return a builder that starts from these settings} */
    public Builder toBuilder() {
        return new Builder()
                .maxSteps(maxSteps)
                .batchSize(batchSize)
                .accumulation(accumulation)
                .optimizer(optimizer)
                .learningRate(learningRate)
                .clip(clip)
                .evaluation(evaluation)
                .seed(seed)
                .gradients(gradients);
    }

    /** Makes a {@link TrainingConfig}. */
    public static final class Builder {
        private int maxSteps;
        private int batchSize = 32;
        private int accumulation = 1;
        private OptimizerConfig optimizer = OptimizerConfig.sgd(0);
        private LearningRate learningRate = LearningRate.constant(0.1);
        private double clip;
        private EvaluationPlan evaluation = EvaluationPlan.AT_END;
        private long seed = 2147483647L;
        private Gradients gradients = Gradients.COMPILED;

        private Builder() {}

        /**
         * {@return this builder}
         *
         * @param maxSteps how many updates there are in all
         */
        public Builder maxSteps(int maxSteps) {
            this.maxSteps = maxSteps;
            return this;
        }

        /**
         * {@return this builder}
         *
         * @param batchSize the number of examples of a batch; 0 for all, not drawn
         */
        public Builder batchSize(int batchSize) {
            this.batchSize = batchSize;
            return this;
        }

        /**
         * {@return this builder}
         *
         * @param accumulation how many batches make an update
         */
        public Builder accumulation(int accumulation) {
            this.accumulation = accumulation;
            return this;
        }

        /**
         * {@return this builder}
         *
         * @param optimizer what updates the parameters
         */
        public Builder optimizer(OptimizerConfig optimizer) {
            this.optimizer = optimizer;
            return this;
        }

        /**
         * {@return this builder}
         *
         * @param learningRate the learning rate of each step
         */
        public Builder learningRate(LearningRate learningRate) {
            this.learningRate = learningRate;
            return this;
        }

        /**
         * {@return this builder}
         *
         * @param clip the largest norm of all gradients together; 0 for no limit
         */
        public Builder clip(double clip) {
            this.clip = clip;
            return this;
        }

        /**
         * {@return this builder}
         *
         * @param evaluation when the run is evaluated and saved
         */
        public Builder evaluation(EvaluationPlan evaluation) {
            this.evaluation = evaluation;
            return this;
        }

        /**
         * {@return this builder}
         *
         * @param seed the seed of parameters, mini-batches and dropout
         */
        public Builder seed(long seed) {
            this.seed = seed;
            return this;
        }

        /**
         * {@return this builder}
         *
         * @param gradients how gradients are computed
         */
        public Builder gradients(Gradients gradients) {
            this.gradients = gradients;
            return this;
        }

        /**
         * {@return the settings}
         *
         * @throws IllegalArgumentException if one is out of range, or they do not fit each other
         */
        public TrainingConfig build() {
            TrainingConfig config =
                    new TrainingConfig(
                            maxSteps,
                            batchSize,
                            accumulation,
                            optimizer,
                            learningRate,
                            clip,
                            evaluation,
                            seed,
                            gradients);
            config.check();
            return config;
        }
    }
}
