/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.djlext.examples.lecture.Lab;
import org.djlext.makemore.data.Contexts;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.gpt.GptStage;
import org.djlext.makemore.model.BigramCounts;
import org.djlext.makemore.model.BigramNet;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.ninja.ManualTrainer;
import org.djlext.makemore.ninja.NinjaParameters;
import org.djlext.makemore.train.BigramDescent;
import org.djlext.makemore.train.Calibration;
import org.djlext.makemore.train.Evaluation;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.torch.RandomState;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code makemore ladder}: the models of the lectures one after the other, from the bigram to
 * WaveNet, and their losses beside the lectures'.
 */
@Command(name = "ladder")
final class LadderCommand extends MakemoreCommand {

    private static final int QUICK = 50;
    private static final long SEED = 2147483647L;
    private static final int NET_STEPS = 200;
    private static final double NET_RATE = 50;
    private static final double NET_REGULARIZATION = 0.01;
    private static final int NINJA_STEPS = 200_000;
    private static final int NINJA_HIDDEN = 200;
    private static final int BATCH_SIZE = 32;
    private static final double NONE = Double.NaN;

    @Mixin private DataOptions data = new DataOptions();

    @Option(names = "--quick")
    private boolean quick;

    @Option(names = "--gradients", paramLabel = "WAY")
    private Gradients gradients = Gradients.COMPILED;

    @Mixin private EngineOptions engine = new EngineOptions();

    @Option(names = "--model", paramLabel = "MODEL")
    private @Nullable ModelType model;

    @Option(names = "--stages", paramLabel = "STAGE", split = ",")
    private Set<GptStage> stages = EnumSet.range(GptStage.G0, GptStage.G7);

    @Override
    void run() {
        if (model != null && model != ModelType.GPT) {
            throw new Mistake(
                    "--model must be gpt, or left out for lectures 2 to 6, but is %s", model);
        }
        if (model == null) {
            Mistake.ifGiven(spec, "without --model gpt", "--stages");
        }
        Corpus corpus = model == ModelType.GPT ? data.text() : data.names();
        int part = quick ? QUICK : 1;
        Rung.Maker rungs = new Rung.Maker(part, corpus.vocabulary().size());
        try (NDManager manager = engine.manager()) {
            line(
                    "%s, %s%n%n| model | parameters | steps | train | dev | lecture's | seconds |%n"
                            + "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
                    data.describe(corpus), gradients.description());
            if (corpus instanceof NamesCorpus names) {
                countBigrams(manager, names);
                descendOnBigrams(manager, names, Math.max(1, NET_STEPS / part));
                rungs.ofNames().forEach(rung -> climb(manager, corpus, rung));
                climbByHand(manager, names, NINJA_STEPS / part);
            } else {
                rungs.ofText(EnumSet.copyOf(stages)).forEach(rung -> climb(manager, corpus, rung));
            }
        }
    }

    /** Counts bigrams in all names, as lecture 2 does, which splits nothing. */
    private void countBigrams(NDManager manager, NamesCorpus names) {
        try (NDManager sub = manager.newSubManager()) {
            long start = System.nanoTime();
            BigramCounts counts = BigramCounts.of(sub, all(names), names.vocabulary(), 0);
            double nll = counts.likelihood(all(names)).averageNll();
            row("bigram counts, all names", counts.counts().size(), 0, nll, NONE, "2.454", start);
        }
    }

    /** Trains lecture 2's net on all bigrams at once. */
    private void descendOnBigrams(NDManager manager, NamesCorpus names, int steps) {
        try (NDManager sub = manager.newSubManager()) {
            long start = System.nanoTime();
            BigramNet net = new BigramNet(names.vocabulary().size(), BigramNet.Rows.LOOK_UP);
            RandomState.seed(SEED);
            net.initialize(sub, DataType.FLOAT32, new Shape(1));
            Examples examples = Contexts.of(all(names), 1, names.vocabulary());
            Examples.Batch all = examples.slice(sub, 0, examples.size());
            BigramDescent descent =
                    new BigramDescent(
                            net,
                            all.x().flatten(),
                            all.y(),
                            NET_REGULARIZATION,
                            gradients == Gradients.COMPILED ? Gradients.ENGINE : gradients);
            for (int i = 0; i < steps; i++) {
                descent.step(NET_RATE);
            }
            double nll = descent.losses().nll();
            row("bigram net, all names", net.weight().size(), steps, nll, NONE, "2.46", start);
        }
    }

    /** Trains a model by a lecture's settings. */
    private void climb(NDManager manager, Corpus corpus, Rung rung) {
        TrainingConfig settings = rung.training().toBuilder().gradients(gradients).build();
        long start = System.nanoTime();
        try (Training run = Training.start(manager, rung.config(), settings, corpus)) {
            run.finish();
            Training.Evaluated last = run.evaluate();
            double train = trainLoss(run, last);
            long parameters = run.saved().model().parameterCount();
            int steps = settings.maxSteps();
            row(rung.name(), parameters, steps, train, last.dev(), rung.lecture(), start);
        }
    }

    /** Trains exercise 4 of lecture 5, whose backward is written out. */
    private void climbByHand(NDManager manager, NamesCorpus names, int steps) {
        long start = System.nanoTime();
        try (NDManager sub = manager.newSubManager()) {
            TorchGenerator generator = new TorchGenerator(SEED);
            NinjaParameters p =
                    NinjaParameters.draw(sub, generator, names.vocabulary().size(), NINJA_HIDDEN);
            Examples train = contexts(names.split().train(), names);
            ManualTrainer trainer =
                    new ManualTrainer(sub, p, train, generator, BATCH_SIZE, steps / 2);
            trainer.train(0, steps, (step, loss) -> {});
            ContextModel network = trainer.network();
            Calibration.calibrate(sub, network.layers(), train);
            double trainLoss = Evaluation.loss(sub, network, train);
            double dev = Evaluation.loss(sub, network, contexts(names.split().dev(), names));
            String name = "MLP, backward written out";
            row(name, p.count(), steps, trainLoss, dev, "2.0718 / 2.1162", start);
        }
    }

    private static Examples contexts(List<String> part, NamesCorpus names) {
        return Contexts.of(part, NinjaParameters.BLOCK_SIZE, names.vocabulary());
    }

    private static List<String> all(NamesCorpus corpus) {
        return Stream.of(corpus.split().train(), corpus.split().dev(), corpus.split().test())
                .flatMap(List::stream)
                .toList();
    }

    private void row(
            String name,
            long parameters,
            int steps,
            double train,
            double dev,
            String lecture,
            long start) {
        line(
                "| %s | %,d | %,d | %.4f | %s | %s | %.0f |",
                name,
                parameters,
                steps,
                train,
                Double.isNaN(dev) ? "" : Lab.text("%.4f", dev),
                lecture,
                (System.nanoTime() - start) / 1e9);
    }
}
