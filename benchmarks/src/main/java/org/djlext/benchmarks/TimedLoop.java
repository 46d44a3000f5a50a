/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.listener.EvaluatorTrainingListener;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.translate.TranslateException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Function;
import org.djlext.autograd.Autograd;
import org.djlext.compile.CompiledTrainer;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.train.DrawSampler;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.OptimizerConfig;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.makemore.train.TrainingLoop;
import org.djlext.optim.TorchAdamW;
import org.djlext.optim.TorchOptimizer;
import org.djlext.optim.TorchSgd;
import org.djlext.torch.RandomState;

/**
 * A model that is trained from the same weights on the same batches each time, in our own loop or
 * by DJL's EasyTrain. Both return the seconds of a step and then the losses. The first step, which
 * is compiled, is not timed, nor is that of torch.compile on the other side.
 *
 * @param manager the manager of all arrays
 * @param corpus the names or the text
 * @param model makes the model, whose values may be in the manager that it is given
 */
record TimedLoop(NDManager manager, Corpus corpus, Function<NDManager, LanguageModel> model) {

    static final long SEED = 2147483647L;

    /** The training examples of a model. */
    Examples examples(LanguageModel ofModel) {
        return ofModel.examples(corpus, Corpus.Part.TRAIN);
    }

    /** Makes the model with its first weights. */
    LanguageModel start(NDManager owner) {
        LanguageModel made = model.apply(owner);
        RandomState.seed(SEED);
        made.initialize(owner, DataType.FLOAT32);
        return made;
    }

    /** Trains in our own loop. */
    double[] train(TrainingConfig settings) {
        int steps = settings.maxSteps();
        double[] answer = new double[steps + 1];
        try (NDManager sub = manager.newSubManager()) {
            LanguageModel made = start(sub);
            try (TrainingLoop loop = new TrainingLoop(sub, made, examples(made), settings)) {
                RandomState.seed(SEED);
                TrainingLoop.Listener losses = (step, loss) -> answer[step + 1] = loss;
                loop.runTo(1, losses);
                long start = System.nanoTime();
                loop.runTo(steps, losses);
                answer[0] = Timing.secondsSince(start) / (steps - 1);
            }
        }
        return answer;
    }

    /**
     * Trains by EasyTrain, with the listeners of {@code TrainingListener.Defaults.basic()}, which
     * read the loss of each step as our loop does.
     */
    double[] easyTrain(TrainingConfig settings) {
        int steps = settings.maxSteps();
        double[] answer = new double[steps + 1];
        try (NDManager sub = manager.newSubManager();
                Autograd.Scope way = settings.gradients().scope();
                Model ofDjl = Model.newInstance("easy-train")) {
            LanguageModel made = model.apply(sub);
            ofDjl.setBlock(made);
            Losses losses = new Losses(answer);
            DefaultTrainingConfig config =
                    new DefaultTrainingConfig(LanguageModel.newLoss())
                            .optOptimizer(optimizer(settings))
                            .addTrainingListeners(TrainingListener.Defaults.basic())
                            .addTrainingListeners(losses);
            try (Trainer trainer =
                    settings.gradients() == Gradients.COMPILED
                            ? new CompiledTrainer(ofDjl, config)
                            : ofDjl.newTrainer(config)) {
                RandomState.seed(SEED);
                trainer.initialize(new Shape(1, made.config().blockSize()));
                DrawSampler sampler = new DrawSampler(settings.batchSize(), steps);
                var data = examples(made).toDataset(sampler);
                RandomState.seed(SEED);
                EasyTrain.fit(trainer, 1, data, null);
                answer[0] = Timing.secondsSince(losses.start) / (steps - 1);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (TranslateException e) {
            throw new IllegalStateException(e);
        }
        return answer;
    }

    private static TorchOptimizer optimizer(TrainingConfig settings) {
        OptimizerConfig kind = settings.optimizer();
        double rate = settings.rateAt(0);
        return switch (kind.kind()) {
            case SGD -> TorchSgd.builder().optLearningRate(rate).build();
            case ADAMW ->
                    TorchAdamW.builder()
                            .optLearningRate(rate)
                            .optBetas(kind.beta1(), kind.beta2())
                            .optWeightDecay(kind.weightDecay())
                            .build();
        };
    }

    /** Notes the loss of each step, and when the first was done. */
    private static final class Losses extends TrainingListenerAdapter {
        private final double[] answer;
        private long start;
        private int step;

        Losses(double[] answer) {
            this.answer = answer;
        }

        @Override
        public void onTrainingBatch(Trainer trainer, BatchData batchData) {
            start = step == 0 ? System.nanoTime() : start;
            answer[++step] = trainer.getLoss().getAccumulator(EvaluatorTrainingListener.TRAIN_ALL);
        }
    }
}
