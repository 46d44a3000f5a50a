/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.djlext.makemore.data.Contexts;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.model.BigramCounts;
import org.djlext.makemore.model.BigramNet;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.ninja.ManualTrainer;
import org.djlext.makemore.ninja.NinjaParameters;
import org.djlext.makemore.train.BigramDescent;
import org.djlext.makemore.train.Calibration;
import org.djlext.makemore.train.Evaluation;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.torch.RandomState;

/** The rungs of the ladder, each of which trains a model and prints a row. */
final class Ladder {

    private static final long SEED = 2147483647L;
    private static final int NET_STEPS = 200;
    private static final double NET_RATE = 50;
    private static final double NET_REGULARIZATION = 0.01;
    private static final int NINJA_STEPS = 200_000;
    private static final int NINJA_HIDDEN = 200;
    private static final int BATCH_SIZE = 32;
    private static final double NONE = Double.NaN;

    private final NDManager manager;
    private final Corpus corpus;
    private final Gradients gradients;
    private final int part;
    private final PrintWriter out;

    /**
     * Prepares the ladder.
     *
     * @param part the steps are divided by this number
     */
    Ladder(NDManager manager, Corpus corpus, Gradients gradients, int part, PrintWriter out) {
        this.manager = manager;
        this.corpus = corpus;
        this.gradients = gradients;
        this.part = part;
        this.out = out;
    }

    /** Counts bigrams in all names, as lecture 2 does, which splits nothing. */
    void countBigrams(NamesCorpus names) {
        try (NDManager sub = manager.newSubManager()) {
            long start = System.nanoTime();
            BigramCounts counts = BigramCounts.of(sub, all(names), names.vocabulary(), 0);
            double nll = counts.likelihood(all(names)).averageNll();
            row("bigram counts, all names", counts.counts().size(), 0, nll, NONE, "2.454", start);
        }
    }

    /** Trains lecture 2's net on all bigrams at once. */
    void descendOnBigrams(NamesCorpus names) {
        try (NDManager sub = manager.newSubManager()) {
            long start = System.nanoTime();
            BigramNet net = new BigramNet(corpus.vocabulary().size(), BigramNet.Rows.LOOK_UP);
            RandomState.seed(SEED);
            net.initialize(sub, DataType.FLOAT32, new Shape(1));
            Contexts examples = Contexts.of(all(names), 1, names.vocabulary());
            int n = examples.size();
            Examples.Batch all = examples.slice(sub, 0, n);
            NDArray xs = all.x().reshape(n);
            BigramDescent descent =
                    new BigramDescent(
                            net,
                            xs,
                            all.y(),
                            NET_REGULARIZATION,
                            gradients == Gradients.COMPILED ? Gradients.ENGINE : gradients);
            int steps = Math.max(1, NET_STEPS / part);
            for (int i = 0; i < steps; i++) {
                descent.step(NET_RATE);
            }
            double nll = descent.losses().nll();
            row("bigram net, all names", net.weight().size(), steps, nll, NONE, "2.46", start);
        }
    }

    /** Prints the head of the table. */
    void head(String data) {
        out.printf(
                "%s, %s%n%n| model | parameters | steps | train | dev | lecture's | seconds |%n"
                        + "| --- | ---: | ---: | ---: | ---: | ---: | ---: |%n",
                data, gradients.description());
        out.flush();
    }

    /** Trains a model by a lecture's settings. */
    void climb(Rung rung) {
        TrainingConfig settings = rung.training().toBuilder().gradients(gradients).build();
        long start = System.nanoTime();
        try (Training run = Training.start(manager, rung.config(), settings, corpus)) {
            while (!run.isDone()) {
                run.steps(settings.maxSteps() - run.stepsDone());
            }
            Training.Evaluated last = run.evaluate();
            row(
                    rung.name(),
                    run.saved().model().parameterCount(),
                    settings.maxSteps(),
                    Double.isNaN(last.train())
                            ? Evaluation.loss(manager, run.saved().model(), run.train())
                            : last.train(),
                    last.dev(),
                    rung.lecture(),
                    start);
        }
    }

    /** Trains exercise 4 of lecture 5, whose backward is written out. */
    void climbByHand(NamesCorpus names) {
        int steps = NINJA_STEPS / part;
        long start = System.nanoTime();
        try (NDManager sub = manager.newSubManager()) {
            TorchGenerator generator = new TorchGenerator(SEED);
            NinjaParameters p =
                    NinjaParameters.draw(sub, generator, corpus.vocabulary().size(), NINJA_HIDDEN);
            Contexts train = contexts(names.split().train(), names);
            ManualTrainer trainer =
                    new ManualTrainer(sub, p, train, generator, BATCH_SIZE, steps / 2);
            trainer.train(0, steps, (step, loss) -> {});
            ContextModel network = trainer.network();
            Calibration.calibrate(sub, network.layers(), train);
            row(
                    "MLP, backward written out",
                    p.count(),
                    steps,
                    Evaluation.loss(sub, network, train),
                    Evaluation.loss(sub, network, contexts(names.split().dev(), names)),
                    "2.0718 / 2.1162",
                    start);
        }
    }

    private static Contexts contexts(List<String> part, NamesCorpus names) {
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
        out.printf(
                Locale.ROOT,
                "| %s | %,d | %,d | %.4f | %s | %s | %.0f |%n",
                name,
                parameters,
                steps,
                train,
                Double.isNaN(dev) ? "" : String.format(Locale.ROOT, "%.4f", dev),
                lecture,
                (System.nanoTime() - start) / 1e9);
        out.flush();
    }
}
