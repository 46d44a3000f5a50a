/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.function.LongSupplier;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.OptimizerConfig;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.makemore.train.TrainingLoop;
import org.djlext.optim.TorchAdamW;
import org.djlext.optim.TorchOptimizer;
import org.djlext.optim.TorchSgd;
import org.djlext.torch.RandomState;

/**
 * Our own training loop on a model that starts from the same weights each time: plain gradient
 * descent for the lectures' networks, AdamW for makemore's.
 *
 * @param manager the manager of all arrays
 * @param corpus the names or the text
 * @param clock the time in nanoseconds
 */
record TimedLoop(NDManager manager, Corpus corpus, LongSupplier clock) {

    static final long SEED = 2147483647L;
    static final int BATCH = 32;
    static final int GPT_BATCH = 12;
    static final int GPT_BLOCK = 64;
    static final double GPT_RATE = 1e-3;

    /** The learning rate of a model. */
    static double rate(LanguageModel model) {
        return isSgd(model) ? 0.1 : 5e-4;
    }

    /** The optimizer of a model: plain gradient descent, or makemore's AdamW. */
    static TorchOptimizer optimizer(LanguageModel model) {
        return isSgd(model)
                ? TorchSgd.builder().optLearningRate(rate(model)).build()
                : TorchAdamW.builder()
                        .optLearningRate(rate(model))
                        .optBetas(0.9, 0.99)
                        .optWeightDecay(0.01)
                        .build();
    }

    private static boolean isSgd(LanguageModel model) {
        return model instanceof ContextModel;
    }

    /** The training examples of a model. */
    Examples examples(LanguageModel model) {
        return model.examples(corpus, Corpus.Part.TRAIN);
    }

    /** Draws the weights. */
    static void initialize(NDManager owner, LanguageModel model) {
        RandomState.seed(SEED);
        model.initialize(owner, DataType.FLOAT32);
    }

    /** How a model is trained, by the optimizer above. */
    static TrainingConfig settings(LanguageModel model, Gradients gradients, int steps) {
        return TrainingConfig.builder(steps)
                .batchSize(BATCH)
                .optimizer(isSgd(model) ? OptimizerConfig.sgd(0) : OptimizerConfig.adamW(0.01))
                .learningRate(LearningRate.constant(rate(model)))
                .gradients(gradients)
                .build();
    }

    /** The lecture's GPT: context 64, 4 layers, 4 heads, width 128, no dropout. */
    static GptConfig gpt(int vocabSize) {
        return GptConfig.lecture(vocabSize, GPT_BLOCK, 128, 4, 4, 0);
    }

    /** How the GPT is trained: batch 12, AdamW with PyTorch's betas. */
    static TrainingConfig gptSettings(Gradients gradients, int steps) {
        return TrainingConfig.builder(steps)
                .batchSize(GPT_BATCH)
                .optimizer(new OptimizerConfig(OptimizerConfig.Kind.ADAMW, 0.9, 0.999, 0.01, true))
                .learningRate(LearningRate.constant(GPT_RATE))
                .gradients(gradients)
                .build();
    }

    /**
     * Trains, and returns the seconds of a step and then the losses. The first step, which is
     * compiled, is not timed, nor is that of torch.compile on the other side.
     */
    double[] train(LanguageModel model, TrainingConfig settings) {
        int steps = settings.maxSteps();
        double[] answer = new double[steps + 1];
        try (NDManager sub = manager.newSubManager()) {
            initialize(sub, model);
            try (TrainingLoop loop = new TrainingLoop(sub, model, examples(model), settings)) {
                RandomState.seed(SEED);
                TrainingLoop.Listener losses = (step, loss) -> answer[step + 1] = loss;
                loop.runTo(1, losses);
                long start = clock.getAsLong();
                loop.runTo(steps, losses);
                answer[0] = (clock.getAsLong() - start) / 1e9 / (steps - 1);
            }
        }
        return answer;
    }
}
