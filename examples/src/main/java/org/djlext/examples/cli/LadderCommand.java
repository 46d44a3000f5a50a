/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.ndarray.NDManager;
import java.util.EnumSet;
import java.util.Set;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.gpt.GptStage;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.Gradients;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code makemore ladder}: the models of the lectures one after the other, from the bigram to
 * WaveNet, and their losses beside the lectures'.
 */
@Command(
        name = "ladder",
        description = "Trains the lectures' models one after the other and compares the losses.")
final class LadderCommand extends MakemoreCommand {

    private static final int QUICK = 50;

    @Mixin private DataOptions data = new DataOptions();

    @Option(
            names = "--quick",
            description = "a fiftieth of the steps: the order, not the losses of the lectures")
    private boolean quick;

    @Option(
            names = "--gradients",
            paramLabel = "WAY",
            description =
                    "compiled (default): whole steps in one script; manual: the hand-written"
                            + " operations; engine: the engine's autograd")
    private Gradients gradients = Gradients.COMPILED;

    @Mixin private EngineOptions engine = new EngineOptions();

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description = "gpt for the stages of lecture 7; default those of lectures 2 to 6")
    private @Nullable ModelType model;

    @Option(
            names = "--stages",
            paramLabel = "STAGE",
            split = ",",
            description = "which stages of the gpt, default g0 to g7; g8 wants a GPU")
    private Set<GptStage> stages = EnumSet.range(GptStage.G0, GptStage.G7);

    @Override
    void run() {
        if (model != null && model != ModelType.GPT) {
            throw new Mistake(
                    "--model must be gpt, or left out for lectures 2 to 6, but is %s", model);
        }
        Corpus corpus = model == ModelType.GPT ? data.text() : data.names();
        try (NDManager manager = engine.manager()) {
            int part = quick ? QUICK : 1;
            Ladder ladder = new Ladder(manager, corpus, gradients, part, out());
            ladder.head(data.describe(corpus));
            Rung.Maker rungs = new Rung.Maker(part, corpus.vocabulary().size());
            if (corpus instanceof NamesCorpus names) {
                ladder.countBigrams(names);
                ladder.descendOnBigrams(names);
                rungs.ofNames().forEach(ladder::climb);
                ladder.climbByHand(names);
            } else {
                rungs.ofText(EnumSet.copyOf(stages)).forEach(ladder::climb);
            }
        }
    }
}
