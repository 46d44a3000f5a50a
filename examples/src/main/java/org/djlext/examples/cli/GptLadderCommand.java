/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.ndarray.NDManager;
import java.io.PrintWriter;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import org.djlext.makemore.data.TextCorpus;
import org.djlext.makemore.gpt.GptStage;
import org.djlext.makemore.train.EvaluationPlan;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.OptimizerConfig;
import org.djlext.makemore.train.OptimizerConfig.Kind;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.train.TrainingConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code makemore gpt ladder}: the models of lecture 7 one after the other, from the bigram table
 * to the small GPT, and their losses beside the lecture's.
 */
@Command(
        name = "ladder",
        description = "Trains the models of the lecture one after the other, G0 to G7.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the spec
public final class GptLadderCommand implements Callable<Integer> {

    private static final int STEPS = 5_000;
    private static final int TABLE_STEPS = 10_000;
    private static final double RATE = 1e-3;
    private static final int EVALUATION_BATCHES = 200;
    private static final int QUICK = 50;
    private static final double NANOS = 1e9;

    @Spec private CommandSpec spec;

    @Mixin private TextOptions text = new TextOptions();

    @Option(
            names = "--quick",
            description = "a fiftieth of the steps: the order, not the losses of the lecture")
    private boolean quick;

    @Option(
            names = "--stages",
            split = ",",
            description = "which stages, default g0 to g7; g8 wants a GPU")
    private Set<GptStage> stages = EnumSet.range(GptStage.G0, GptStage.G7);

    @Option(
            names = "--seed",
            defaultValue = "1337",
            description = "seed of parameters and batches, default ${DEFAULT-VALUE}")
    private long seed = 1337;

    @Option(
            names = "--gradients",
            defaultValue = "compiled",
            description =
                    "compiled (default): whole steps in one script; manual: the hand-written"
                            + " operations; engine: the engine's autograd")
    private Gradients gradients = Gradients.COMPILED;

    @Mixin private EngineOptions engine = new EngineOptions();

    /** Creates the command; its options are read by picocli. */
    public GptLadderCommand() {}

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        TextCorpus corpus = text.corpus();
        out.printf(
                Locale.ROOT,
                "%,d characters from %s; batches of 32 contexts of 8, AdamW at 1e-3%n%n",
                corpus.text().codePoints().count(),
                text.describe());
        out.println("| stage | parameters | steps | train | val | lecture | seconds |");
        out.println("| --- | --- | --- | --- | --- | --- | --- |");
        out.flush();
        double seconds = 0;
        try (NDManager manager = engine.manager(spec)) {
            for (GptStage stage : EnumSet.copyOf(stages)) {
                seconds += climb(stage, corpus, manager, out);
            }
        }
        out.printf(Locale.ROOT, "%nall in %.0f seconds%n", seconds);
        out.flush();
        return 0;
    }

    private double climb(GptStage stage, TextCorpus corpus, NDManager manager, PrintWriter out) {
        long start = System.nanoTime();
        int steps = (stage == GptStage.G0 ? TABLE_STEPS : STEPS) / (quick ? QUICK : 1);
        try (Training training =
                Training.start(
                        manager,
                        stage.config(corpus.vocabulary().size()),
                        settings(stage, steps),
                        corpus)) {
            while (training.stepsDone() < steps) {
                training.steps(steps - training.stepsDone());
            }
            Training.Evaluated losses =
                    training.evaluate();
            double seconds = (System.nanoTime() - start) / NANOS;
            out.printf(
                    Locale.ROOT,
                    "| %s %s | %,d | %,d | %.4f | %.4f | %s | %.0f |%n",
                    stage,
                    stage.title(),
                    training.saved().model().parameterCount(),
                    steps,
                    losses.train(),
                    losses.dev(),
                    stage.lectureLoss(),
                    seconds);
            out.flush();
            return seconds;
        }
    }

    private TrainingConfig settings(GptStage stage, int steps) {
        boolean large = stage == GptStage.G8;
        int batches = quick ? EVALUATION_BATCHES / 10 : EVALUATION_BATCHES;
        return TrainingConfig.builder(steps)
                .batchSize(large ? 64 : 32)
                .optimizer(new OptimizerConfig(Kind.ADAMW, 0.9, 0.999, 0.01, true))
                .learningRate(LearningRate.constant(large ? 3e-4 : RATE))
                .evaluation(new EvaluationPlan(0, batches, 0, steps + 1))
                .seed(seed)
                .gradients(gradients)
                .build();
    }
}
