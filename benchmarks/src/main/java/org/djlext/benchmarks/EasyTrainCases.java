/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.listener.EvaluatorTrainingListener;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.loss.Loss;
import ai.djl.translate.TranslateException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.LongSupplier;
import org.djlext.autograd.Autograd;
import org.djlext.compile.CompiledTrainer;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.data.TextCorpus;
import org.djlext.makemore.data.Texts;
import org.djlext.makemore.gpt.Gpt;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.DrawSampler;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.OptimizerConfig;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.optim.TorchAdamW;
import org.djlext.optim.TorchOptimizer;
import org.djlext.torch.RandomState;

/** The training steps of {@link EasyTrainSpeed}. */
final class EasyTrainCases {

    private static final long SEED = TimedLoop.SEED;
    private static final int BATCH = TimedLoop.BATCH;
    private static final double TOLERANCE = 1e-3;
    private static final int GPT_BATCH = 12;
    private static final double GPT_RATE = 1e-3;

    private final NDManager manager;
    private final NamesCorpus corpus;
    private final LongSupplier clock; // in nanoseconds

    EasyTrainCases(NDManager manager, NamesCorpus corpus, LongSupplier clock) {
        this.manager = manager;
        this.corpus = corpus;
        this.clock = clock;
    }

    /** A block, its loss, its optimizer and its data for EasyTrain. */
    private record Task(
            Block block, int blockSize, Loss loss, TorchOptimizer optimizer, Dataset data) {}

    private interface TaskMaker {
        Task make(NDManager manager, int steps);
    }

    private List<Side> sides(Gradients gradients, Side.Training own, TaskMaker maker) {
        return List.of(
                new Side("our loop", own),
                new Side("EasyTrain", steps -> fit(gradients, maker, steps)));
    }

    /** A model of names: plain gradient descent for the lectures', AdamW for makemore's. */
    StepCase names(ModelType type, Gradients gradients, int steps) {
        ModelConfig config = type.defaults(corpus.vocabulary().size(), corpus.longest());
        TimedLoop loop = new TimedLoop(manager, corpus, clock);
        TaskMaker maker =
                (sub, n) -> {
                    LanguageModel model = config.model();
                    return new Task(
                            model,
                            config.blockSize(),
                            LanguageModel.newLoss(),
                            TimedLoop.optimizer(model),
                            loop.examples(sub, model).toDataset(new DrawSampler(BATCH, n)));
                };
        return new StepCase(
                type.toString(),
                type + ", batch " + BATCH + ", " + gradients.description(),
                steps,
                steps,
                TOLERANCE,
                sides(gradients, n -> loop.train(config.model(), gradients, n), maker),
                List.of(),
                BATCH);
    }

    /** The lecture's GPT. */
    StepCase gpt(Gradients gradients, int steps) {
        TextCorpus text = TextCorpus.of(Texts.embedded());
        TimedLoop loop = new TimedLoop(manager, text, clock);
        GptConfig config = GptConfig.lecture(text.vocabulary().size(), 64, 128, 4, 4, 0);
        TaskMaker maker =
                (sub, n) -> {
                    Gpt gpt = new Gpt(config);
                    return new Task(
                            gpt,
                            config.blockSize(),
                            LanguageModel.newLoss(),
                            TorchAdamW.builder()
                                    .optLearningRate(GPT_RATE)
                                    .optWeightDecay(0.01)
                                    .build(),
                            loop.examples(sub, gpt).toDataset(new DrawSampler(GPT_BATCH, n)));
                };
        return new StepCase(
                "gpt",
                "GPT, batch 12, context 64, width 128, " + gradients.description(),
                steps,
                steps,
                TOLERANCE,
                sides(gradients, n -> loop.train(new Gpt(config), settings(gradients, n)), maker),
                List.of(),
                GPT_BATCH);
    }

    private static TrainingConfig settings(Gradients gradients, int steps) {
        return TrainingConfig.builder(steps)
                .batchSize(GPT_BATCH)
                .optimizer(new OptimizerConfig(OptimizerConfig.Kind.ADAMW, 0.9, 0.999, 0.01, true))
                .learningRate(LearningRate.constant(GPT_RATE))
                .gradients(gradients)
                .build();
    }

    private double[] fit(Gradients gradients, TaskMaker maker, int steps) {
        double[] answer = new double[steps + 1];
        try (Autograd.Scope way = gradients.scope();
                Model model = Model.newInstance("easy-train");
                NDManager sub = model.getNDManager().newSubManager()) {
            Task task = maker.make(sub, steps);
            model.setBlock(task.block);
            DefaultTrainingConfig config =
                    new DefaultTrainingConfig(task.loss)
                            .optOptimizer(task.optimizer)
                            .addTrainingListeners(TrainingListener.Defaults.basic())
                            .addTrainingListeners(new Losses(answer));
            try (Trainer trainer =
                    gradients == Gradients.COMPILED
                            ? new CompiledTrainer(model, config)
                            : model.newTrainer(config)) {
                RandomState.seed(SEED);
                trainer.initialize(new Shape(1, task.blockSize));
                RandomState.seed(SEED);
                long start = clock.getAsLong();
                EasyTrain.fit(trainer, 1, task.data, null);
                answer[0] = (clock.getAsLong() - start) / 1e9 / steps;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (TranslateException e) {
            throw new IllegalStateException(e);
        }
        return answer;
    }

    /** Notes the loss of each step. */
    private static final class Losses extends TrainingListenerAdapter {
        private final double[] answer;
        private int step;

        Losses(double[] answer) {
            this.answer = answer;
        }

        @Override
        public void onTrainingBatch(Trainer trainer, BatchData batchData) {
            answer[++step] = trainer.getLoss().getAccumulator(EvaluatorTrainingListener.TRAIN_ALL);
        }
    }
}
