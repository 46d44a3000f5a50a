/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.ndarray.NDManager;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.model.MlpInit;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelConfigBuilder;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.Gradients;
import org.djlext.nn.BatchNorm;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code makemore ladder}: the models of the lectures one after the other, from the bigram to
 * WaveNet, and their losses beside the lectures'.
 */
@Command(
        name = "ladder",
        description = "Trains the lectures' models one after the other and compares the losses.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the spec
public final class LadderCommand implements Callable<Integer> {

    private static final long SEED = 2147483647L;
    private static final long WAVENET_SEED = 42;
    private static final int QUICK = 50;

    @Spec private CommandSpec spec;

    @Mixin private DataOptions data = new DataOptions();

    @Option(
            names = "--quick",
            description = "a fiftieth of the steps: the order, not the losses of the lectures")
    private boolean quick;

    @Option(
            names = "--gradients",
            defaultValue = "compiled",
            description =
                    "compiled (default): whole steps in one script; manual: the hand-written"
                            + " operations; engine: the engine's autograd")
    private Gradients gradients = Gradients.COMPILED;

    @Mixin private EngineOptions engine = new EngineOptions();

    /** Creates the command; its options are read by picocli. */
    public LadderCommand() {}

    /** A model of the lectures, how it is trained there, and what losses they print. */
    record Rung(
            String name, ModelConfig config, int steps, int decayAt, long seed, String lecture) {}

    private static List<Rung> rungs(int vocabSize) {
        ModelConfigBuilder mlp =
                ModelConfig.builder(ModelType.MLP, vocabSize).init(MlpInit.ORIGINAL);
        ModelConfig wave = ModelType.WAVENET.defaults(vocabSize, 0);
        ModelConfig narrow = wave.toBuilder().embedding(10).hidden(68).build();
        return List.of(
                lecture(
                        "MLP, 2-d vectors, 100 hidden",
                        mlp.embedding(2).hidden(100),
                        30_000,
                        20_000,
                        "2.3 / 2.3"),
                lecture(
                        "MLP, 2-d vectors, 300 hidden",
                        mlp.embedding(2).hidden(300),
                        60_000,
                        40_000,
                        "2.23 / 2.24"),
                lecture(
                        "MLP, 10-d vectors, 200 hidden",
                        mlp.embedding(10).hidden(200),
                        200_000,
                        100_000,
                        "2.1245 / 2.1682"),
                lecture(
                        "output layer mended",
                        mlp.init(MlpInit.SOFTMAX),
                        200_000,
                        100_000,
                        "2.07 / 2.13"),
                lecture("tanh mended", mlp.init(MlpInit.TANH), 200_000, 100_000, "2.0356 / 2.1027"),
                lecture("Kaiming", mlp.init(MlpInit.KAIMING), 200_000, 100_000, "2.0377 / 2.1070"),
                lecture(
                        "batch norm",
                        ModelType.MLP_BN.defaults(vocabSize, 0).toBuilder(),
                        200_000,
                        100_000,
                        "2.0674 / 2.1057"),
                wavenet(
                        "eight characters, flat",
                        wave.toBuilder().embedding(10).hidden(200).layers(1).build(),
                        "1.918 / 2.027"),
                wavenet(
                        "WaveNet, batch norm over 32",
                        narrow.toBuilder().axes(BatchNorm.Axes.BATCH_ONLY).build(),
                        "1.941 / 2.029"),
                wavenet("WaveNet, batch norm mended", narrow, "1.912 / 2.022"),
                wavenet("WaveNet, scaled up", wave, "1.7690 / 1.9937"));
    }

    private static Rung lecture(
            String name, ModelConfigBuilder config, int steps, int decayAt, String losses) {
        return new Rung(name, config.build(), steps, decayAt, SEED, losses);
    }

    private static Rung wavenet(String name, ModelConfig config, String losses) {
        return new Rung(name, config, 200_000, 150_000, WAVENET_SEED, losses);
    }

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        NamesCorpus corpus = NamesCorpus.of(data.namesInAnyAlphabet());
        out.printf(
                "%s, %s%n%n| model | parameters | steps | train | dev | lecture's train / dev | seconds |%n"
                        + "| --- | ---: | ---: | ---: | ---: | ---: | ---: |%n",
                data.describe(), gradients.description());
        out.flush();
        try (NDManager manager = engine.manager(spec)) {
            Ladder ladder = new Ladder(manager, corpus, gradients, quick ? QUICK : 1, out);
            ladder.countBigrams();
            ladder.descendOnBigrams();
            for (Rung rung : rungs(corpus.vocabulary().size())) {
                ladder.climb(rung);
            }
            ladder.climbByHand();
        }
        return 0;
    }
}
