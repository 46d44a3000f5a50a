/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleSupplier;
import org.djlext.autograd.Autograd;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.sample.Sampler;
import org.djlext.makemore.sample.SamplerSettings;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.OptimizerConfig;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.train.TrainingConfig;
import org.djlext.nn.ParameterNames;
import org.djlext.torch.RandomState;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * 10,000 names drawn in batches, beside the same model's names drawn one by one as in the lectures,
 * here and in PyTorch: every model, trained for 1,000 steps, one thread each, in turns.
 *
 * <p>Without a Python that has torch it runs our side, and says so. {@code --model} takes one model
 * instead of all, and may be given more than once. The names are the lectures' if they are on this
 * machine. First the logits of both sides are compared, and an exception ends the run if they
 * differ.
 */
@Command(name = "SamplingSpeed")
final class SamplingSpeed extends Benchmark {

    private static final int TRAINED_STEPS = 1000;
    private static final int BATCH = 10_000;
    private static final int ONE_BY_ONE = 100;
    private static final long SEED = 42;
    private static final double SAME = 1e-4;

    @Mixin private Turns turns = new Turns();

    @Mixin private PythonOption python = new PythonOption();

    @Option(names = "--model", paramLabel = "NAME")
    private List<String> only = new ArrayList<>();

    public static void main(String... args) {
        main(new SamplingSpeed(), args);
    }

    @Override
    boolean run() throws IOException {
        try (PythonProcess torch = python.start(out(), "sampling.py");
                Scratch scratch = Scratch.create("sampling")) {
            NamesCorpus corpus = names();
            out().line("");
            out().head(
                            1,
                            "model | names a second, one by one | in batches of 10,000 | ratio"
                                    + " | PyTorch, one by one | ratio");
            List<String> all = Arrays.stream(ModelType.values()).map(ModelType::toString).toList();
            for (String name : choose("--model", only, all)) {
                ModelType type = ModelType.of(name);
                try (NDManager manager = NDManager.newBaseManager();
                        Training run = train(manager, type, corpus)) {
                    Path weights = scratch.resolve(type + ".safetensors");
                    PythonProcess.write(ParameterNames.arrays(run.saved().model()), weights);
                    measure(run, weights, torch);
                }
            }
        }
        return true;
    }

    /** Trains until names have the length of names. */
    private static Training train(NDManager manager, ModelType type, NamesCorpus corpus) {
        ModelConfig sizes = type.defaults(corpus.vocabulary().size(), corpus.longest());
        boolean lecture = sizes.model() instanceof ContextModel;
        TrainingConfig settings =
                TrainingConfig.builder(TRAINED_STEPS)
                        .optimizer(lecture ? OptimizerConfig.sgd(0) : OptimizerConfig.adamW(0.01))
                        .learningRate(
                                LearningRate.constant(
                                        lecture || type == ModelType.BIGRAM ? 0.1 : 2e-3))
                        .seed(TimedLoop.SEED)
                        .gradients(Gradients.ENGINE)
                        .build();
        Training run = Training.start(manager, sizes, settings, corpus);
        run.finish();
        return run;
    }

    private void measure(Training run, Path weights, @Nullable PythonProcess torch) {
        LanguageModel model = run.saved().model();
        Sampler sampler = new Sampler(run.manager(), model, run.saved().vocabulary());
        SamplerSettings uncached = SamplerSettings.PLAIN.cache(false);
        List<DoubleSupplier> sides = new ArrayList<>();
        sides.add(
                secondsOfName(
                        ONE_BY_ONE,
                        () -> sampler.oneByOne(new TorchGenerator(SEED), ONE_BY_ONE, uncached)));
        sides.add(secondsOfName(BATCH, () -> sampler.sample(BATCH, SamplerSettings.PLAIN)));
        if (torch != null) {
            String asked = model.config().type() + " " + weights + " " + model.config().blockSize();
            compareLogits(run, asked, torch);
            AtomicLong seed = new AtomicLong(SEED);
            sides.add(
                    () ->
                            torch.ask(
                                            String.join(
                                                    " ",
                                                    "draw",
                                                    asked,
                                                    "" + ONE_BY_ONE,
                                                    "" + seed.getAndIncrement()))[0]);
        }
        RandomState.seed(SEED);
        Timing t = turns.time(sides);
        out().print(
                        "| %s | %,.0f | %,.0f | %s |",
                        model.config().type(),
                        1 / t.median(0),
                        1 / t.median(1),
                        t.ratio("%.0f", 0, 1));
        if (torch == null) {
            out().line("  |  |");
        } else {
            out().line(" %,.0f | %s |", 1 / t.median(2), t.ratio("%.0f", 2, 1));
        }
    }

    private static DoubleSupplier secondsOfName(int names, Runnable action) {
        DoubleSupplier seconds = Timing.of(action);
        return () -> seconds.getAsDouble() / names;
    }

    private static void compareLogits(Training run, String model, PythonProcess torch) {
        int[] prefix = run.saved().vocabulary().encode("mar");
        double[] theirs =
                torch.ask(
                        "logits "
                                + model
                                + Arrays.stream(prefix)
                                        .mapToObj(i -> " " + i)
                                        .reduce("", String::concat));
        float[] ours = logits(run, prefix);
        for (int i = 0; i < ours.length; i++) {
            if (!(Math.abs(ours[i] - theirs[i]) <= SAME)) {
                throw new IllegalStateException(
                        model + ": logit " + i + " is " + ours[i] + ", PyTorch's is " + theirs[i]);
            }
        }
    }

    /** Returns the logits of what follows a prefix. */
    private static float[] logits(Training run, int[] prefix) {
        LanguageModel model = run.saved().model();
        int block = model.config().blockSize();
        int length = model.everyPosition() ? prefix.length + 1 : block;
        long[][] x = new long[1][length];
        for (int back = 0; back < Math.min(prefix.length, length); back++) {
            x[0][length - 1 - back] = prefix[prefix.length - 1 - back];
        }
        try (Autograd.Scope unrecorded = Autograd.noGrad();
                NDManager sub = run.manager().newSubManager()) {
            NDArray y = model.call(new ParameterStore(sub, false), sub.create(x), false);
            return (model.everyPosition() ? y.get(":, -1") : y).toFloatArray();
        }
    }
}
