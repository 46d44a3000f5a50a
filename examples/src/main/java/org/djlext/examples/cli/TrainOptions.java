/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;
import static org.djlext.examples.cli.Mistake.atLeast;
import static org.djlext.examples.cli.Mistake.notNegative;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.djlext.makemore.data.Corpus;
import org.djlext.makemore.data.TextCorpus;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.EvaluationPlan;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.OptimizerConfig;
import org.djlext.makemore.train.OptimizerConfig.Kind;
import org.djlext.makemore.train.TrainingConfig;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/**
 * The options of {@code makemore train} that say what is trained and how. What is not given is as
 * in the lectures, in the makemore program, or for a gpt as in nanoGPT.
 */
public final class TrainOptions {

    private static final double HIGHEST_RATE = 1e6;
    private static final Set<ModelType> LECTURE =
            Set.of(ModelType.MLP, ModelType.MLP_BN, ModelType.DEEP, ModelType.WAVENET);

    // What of these and of the model's options can be given with --resume; all else of them is in
    // the checkpoint.
    private static final Set<String> FREE =
            Set.of("--model", "--max-steps", "--eval-interval", "--eval-iters", "--save-interval");

    @Mixin ModelOptions model = new ModelOptions();

    @Option(names = "--max-steps", paramLabel = "N")
    private @Nullable Integer maxSteps;

    @Option(names = "--batch-size", paramLabel = "N")
    private @Nullable Integer batchSize;

    @Option(names = "--gradient-accumulation-steps", paramLabel = "N")
    private int accumulation = 1;

    @Option(names = "--optimizer", paramLabel = "NAME")
    private @Nullable Kind optimizer;

    @Option(
            names = {"--lr", "--learning-rate"},
            paramLabel = "X")
    private @Nullable Double rate;

    @Option(names = "--decay-at", paramLabel = "N")
    private @Nullable Integer decayAt;

    @Option(names = "--min-lr", paramLabel = "X")
    private @Nullable Double minRate;

    @Option(names = "--warmup-iters", paramLabel = "N")
    private @Nullable Integer warmUp;

    @Option(names = "--beta1", paramLabel = "X")
    private @Nullable Double beta1;

    @Option(names = "--beta2", paramLabel = "X")
    private @Nullable Double beta2;

    @Option(names = "--weight-decay", paramLabel = "X")
    private @Nullable Double weightDecay;

    @Option(names = "--grad-clip", paramLabel = "X")
    private @Nullable Double clip;

    @Option(names = "--eval-interval", paramLabel = "N")
    private @Nullable Integer evalInterval;

    @Option(names = "--eval-iters", paramLabel = "N")
    private @Nullable Integer evalIters;

    @Option(names = "--save-interval", paramLabel = "N")
    private @Nullable Integer saveInterval;

    @Option(names = "--patience", paramLabel = "N")
    private @Nullable Integer patience;

    @Option(names = "--seed", paramLabel = "N")
    private @Nullable Long seed;

    @Option(names = "--gradients", paramLabel = "WAY")
    private @Nullable Gradients gradients;

    /** Creates the options, which picocli reads. */
    public TrainOptions() {}

    /** Returns the number of steps if it is given. */
    @Nullable Integer givenSteps() {
        return maxSteps == null ? null : (Integer) atLeast("--max-steps", maxSteps, 0);
    }

    /** Refuses options that would change a run which is resumed: settings, and --overwrite. */
    static void refuseToChange(CommandSpec spec, String mixin) {
        Set<String> kept = new HashSet<>(Set.of("--overwrite"));
        for (OptionSpec option : requireNonNull(spec.mixins().get(mixin)).options()) {
            kept.add(option.longestName());
        }
        kept.removeAll(FREE);
        List<String> given =
                spec.commandLine().getParseResult().matchedOptions().stream()
                        .map(OptionSpec::longestName)
                        .filter(kept::contains)
                        .toList();
        if (!given.isEmpty()) {
            throw new Mistake(
                    "--resume keeps the model and the settings of the run, so %s cannot be given"
                            + " with it; --max-steps can",
                    String.join(", ", given));
        }
    }

    /** Returns what is given, which must not be less than a number, or else something else. */
    private static int or(String option, @Nullable Integer given, int otherwise, int least) {
        return atLeast(option, requireNonNullElse(given, otherwise), least);
    }

    /** Returns a plan with what is given of it. */
    EvaluationPlan plan(EvaluationPlan otherwise) {
        EvaluationPlan plan =
                new EvaluationPlan(
                        or("--eval-interval", evalInterval, otherwise.every(), 0),
                        or("--eval-iters", evalIters, otherwise.batches(), 0),
                        or("--patience", patience, otherwise.patience(), 0),
                        or("--save-interval", saveInterval, otherwise.saveEvery(), 1));
        if (plan.patience() > 0 && plan.every() == 0) {
            throw new Mistake(
                    "--patience counts dev losses, so --eval-interval must not be 0 with it");
        }
        return plan;
    }

    /**
     * Returns the model.
     *
     * @param corpus the data
     * @return the model and its sizes, which fit each other and the data
     */
    public ModelConfig model(Corpus corpus) {
        return model.config(corpus);
    }

    /**
     * Returns the settings.
     *
     * @param config the model
     * @param corpus the data; the dev part of a text is estimated
     * @return the settings, which fit the model
     */
    public TrainingConfig training(ModelConfig config, Corpus corpus) {
        return Mistake.unless(
                () -> {
                    TrainingConfig settings = settings(config.type(), corpus);
                    settings.check(config);
                    return settings;
                });
    }

    private TrainingConfig settings(ModelType type, Corpus corpus) {
        boolean gpt = type == ModelType.GPT;
        int steps = or("--max-steps", maxSteps, gpt ? 1200 : 10_000, 0);
        Kind kind = requireNonNullElse(optimizer, LECTURE.contains(type) ? Kind.SGD : Kind.ADAMW);
        boolean sgd = kind == Kind.SGD;
        boolean batchNorm = LECTURE.contains(type) && type != ModelType.MLP;
        if (batchNorm && batchSize != null && batchSize == 1) {
            throw new Mistake(
                    "--batch-size must be at least 2 for %s, because batch norm divides by n - 1,"
                            + " but is 1",
                    type);
        }
        if (sgd && (beta1 != null || beta2 != null)) {
            throw new Mistake("--beta1 and --beta2 change nothing in sgd; they are AdamW's");
        }
        int every = gpt ? 250 : Math.max(1, steps / 10);
        int batches = corpus instanceof TextCorpus ? 20 : 0;
        EvaluationPlan plan = plan(new EvaluationPlan(every, batches, 0, gpt ? 250 : 1000));
        double decay = requireNonNullElse(weightDecay, gpt ? 0.1 : sgd ? 0 : 0.01);
        notNegative("--weight-decay", decay);
        double b1 = requireNonNullElse(beta1, 0.9);
        double b2 = requireNonNullElse(beta2, 0.99);
        double largest = requireNonNullElse(clip, gpt ? 1.0 : 0);
        boolean engine = model.isRecorded() || accumulation > 1;
        return TrainingConfig.builder(steps)
                .batchSize(requireNonNullElse(batchSize, gpt ? 16 : 32))
                .accumulation(accumulation)
                .optimizer(
                        sgd
                                ? OptimizerConfig.sgd(decay)
                                : new OptimizerConfig(kind, b1, b2, decay, !gpt))
                .learningRate(schedule(steps, gpt, gpt ? 3e-3 : sgd ? 0.1 : 5e-4))
                .clip(notNegative("--grad-clip", largest))
                .evaluation(plan)
                .seed(requireNonNullElse(seed, gpt ? 1337 : 2147483647L))
                .gradients(
                        requireNonNullElse(
                                gradients, engine ? Gradients.ENGINE : Gradients.COMPILED))
                .build();
    }

    private LearningRate schedule(int steps, boolean gpt, double otherwise) {
        double first = requireNonNullElse(rate, otherwise);
        // Larger ones do not fit into a float when they are multiplied.
        if (!(first >= 0 && first <= HIGHEST_RATE)) {
            throw new Mistake("--lr must be from 0 to 1e6, but is %s", first);
        }
        boolean cosine = minRate != null || warmUp != null;
        if (cosine && decayAt != null) {
            throw new Mistake(
                    "--decay-at is a step down, and --min-lr and --warmup-iters are of a cosine;"
                            + " give one of both");
        }
        if (cosine || (gpt && decayAt == null)) {
            return LearningRate.cosine(
                    first,
                    requireNonNullElse(minRate, first / 10),
                    or("--warmup-iters", warmUp, 50, 0));
        }
        return LearningRate.stepDecay(first, or("--decay-at", decayAt, (int) (steps * 3L / 4), 0));
    }
}
