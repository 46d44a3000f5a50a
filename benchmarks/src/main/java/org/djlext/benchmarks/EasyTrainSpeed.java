/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.Model;
import ai.djl.ndarray.NDManager;
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
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.djlext.autograd.Autograd;
import org.djlext.compile.CompiledTrainer;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.data.TextCorpus;
import org.djlext.makemore.data.Texts;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.DrawSampler;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.optim.TorchAdamW;
import org.djlext.optim.TorchOptimizer;
import org.djlext.torch.RandomState;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * DJL's EasyTrain beside our own training loops: the same weights, the same batches, the same
 * gradients, in turns. The losses are compared first; where they differ the exit code is 1.
 *
 * <p>EasyTrain has the listeners of {@code TrainingListener.Defaults.basic()}, which read the loss
 * of each step as our loops do.
 */
@Command(
        name = "EasyTrainSpeed",
        description = "Runs our training loops and DJL's EasyTrain in turns, and compares.")
final class EasyTrainSpeed extends Benchmark {

    private static final double TOLERANCE = 1e-3;

    @Mixin private RoundsOption rounds = new RoundsOption();

    @Option(names = "--part", description = "divides the number of steps, default ${DEFAULT-VALUE}")
    private int part = 1;

    @Option(
            names = "--processor-time",
            description =
                    "takes the time that the training thread has run, and not the clock's: for a"
                            + " machine that does other work too")
    private boolean processorTime;

    @Option(names = "--case", description = "only this case; may be given more than once")
    private List<String> only = new ArrayList<>();

    public static void main(String... args) {
        main(new EasyTrainSpeed(), args);
    }

    @Override
    boolean run() {
        LongSupplier clock =
                processorTime
                        ? ManagementFactory.getThreadMXBean()::getCurrentThreadCpuTime
                        : System::nanoTime;
        boolean same = true;
        try (NDManager manager = NDManager.newBaseManager()) {
            NamesCorpus names = names();
            TimedLoop ofNames = new TimedLoop(manager, names, clock);
            TimedLoop ofText = new TimedLoop(manager, TextCorpus.of(Texts.embedded()), clock);
            ModelConfig gpt = TimedLoop.gpt(ofText.corpus().vocabulary().size());
            for (Gradients gradients : List.of(Gradients.COMPILED, Gradients.ENGINE)) {
                // Plain gradient descent for the lectures' models, AdamW for makemore's.
                for (ModelType type :
                        List.of(ModelType.MLP_BN, ModelType.WAVENET, ModelType.TRANSFORMER)) {
                    ModelConfig config = type.defaults(names.vocabulary().size(), names.longest());
                    int steps = steps(type, gradients);
                    TrainingConfig settings = TimedLoop.settings(config.model(), gradients, steps);
                    same &= compare(ofNames, config, settings, TimedLoop::optimizer);
                }
                TrainingConfig settings = TimedLoop.gptSettings(gradients, Math.max(5, 30 / part));
                same &=
                        compare(
                                ofText,
                                gpt,
                                settings,
                                model ->
                                        TorchAdamW.builder()
                                                .optLearningRate(TimedLoop.GPT_RATE)
                                                .optWeightDecay(0.01)
                                                .build());
            }
        }
        return same;
    }

    private int steps(ModelType type, Gradients gradients) {
        int steps =
                switch (type) {
                    case MLP_BN -> 4000;
                    case WAVENET -> 1500;
                    default -> 60;
                };
        return Math.max(5, steps / part / (gradients == Gradients.COMPILED ? 1 : 2));
    }

    private boolean compare(
            TimedLoop loop,
            ModelConfig config,
            TrainingConfig settings,
            Function<LanguageModel, TorchOptimizer> optimizer) {
        String name = config.type().toString();
        if (!only.isEmpty() && !only.contains(name)) {
            return true;
        }
        int steps = settings.maxSteps(); // of a round, and of what is compared first
        StepCase stepCase =
                new StepCase(
                        name,
                        "%s, batch %d, %s"
                                .formatted(
                                        name,
                                        settings.batchSize(),
                                        settings.gradients().description()),
                        steps,
                        TOLERANCE,
                        List.of(
                                new Side(
                                        "our loop",
                                        steps,
                                        n -> loop.train(config.model(), settings)),
                                new Side(
                                        "EasyTrain",
                                        steps,
                                        n -> fit(loop, config.model(), settings, optimizer))),
                        List.of(),
                        settings.batchSize());
        return stepCase.compare(stepCase.ours(), rounds.count(), out());
    }

    private static double[] fit(
            TimedLoop loop,
            LanguageModel block,
            TrainingConfig settings,
            Function<LanguageModel, TorchOptimizer> optimizer) {
        int steps = settings.maxSteps();
        double[] answer = new double[steps + 1];
        try (Autograd.Scope way = settings.gradients().scope();
                Model model = Model.newInstance("easy-train")) {
            model.setBlock(block);
            DefaultTrainingConfig config =
                    new DefaultTrainingConfig(LanguageModel.newLoss())
                            .optOptimizer(optimizer.apply(block))
                            .addTrainingListeners(TrainingListener.Defaults.basic())
                            .addTrainingListeners(new Losses(answer));
            try (Trainer trainer =
                    settings.gradients() == Gradients.COMPILED
                            ? new CompiledTrainer(model, config)
                            : model.newTrainer(config)) {
                RandomState.seed(TimedLoop.SEED);
                trainer.initialize(new Shape(1, block.config().blockSize()));
                DrawSampler sampler = new DrawSampler(settings.batchSize(), steps);
                var data = loop.examples(block).toDataset(sampler);
                RandomState.seed(TimedLoop.SEED);
                long start = loop.clock().getAsLong();
                EasyTrain.fit(trainer, 1, data, null);
                answer[0] = (loop.clock().getAsLong() - start) / 1e9 / steps;
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
