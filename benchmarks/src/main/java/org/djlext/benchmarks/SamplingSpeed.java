/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.sample.Sampler;
import org.djlext.makemore.sample.SamplerSettings;
import org.djlext.makemore.train.Training;
import org.djlext.torch.RandomState;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/**
 * 10,000 names drawn in batches, beside the same model's names drawn one by one as in the lectures,
 * here and in PyTorch: every model, trained for 1,000 steps, one thread each, in turns.
 *
 * <pre>{@code
 * ./mvnw -q -DskipTests package
 * OMP_NUM_THREADS=1 taskset -c 1 java -Dai.djl.pytorch.num_threads=1 \
 *     -cp "benchmarks/target/benchmarks.jar:benchmarks/target/lib/*" \
 *     org.djlext.benchmarks.SamplingSpeed
 * }</pre>
 *
 * <p>Without a Python that has torch it runs our side, and says so. {@code --model} takes one model
 * instead of all, and may be given more than once. The names are the lectures' if they are on this
 * machine. First the logits of both sides are compared, and an exception ends the run if they
 * differ.
 */
@Command(
        name = "SamplingSpeed",
        description = "Times names drawn in batches beside names drawn one by one.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the spec
public final class SamplingSpeed implements Callable<Integer> {

    private static final int BATCH = 10_000;
    private static final int ONE_BY_ONE = 100;
    private static final long SEED = 42;
    private static final double SAME = 1e-4;

    /** Reads the name of a model. */
    static final class ModelConverter implements ITypeConverter<ModelType> {
        @Override
        public ModelType convert(String value) {
            try {
                return ModelType.of(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(String.valueOf(e.getMessage()));
            }
        }
    }

    @Spec private CommandSpec spec;

    @Mixin private RoundsOption rounds = new RoundsOption();

    @Mixin private PythonOption python = new PythonOption();

    @Option(
            names = "--model",
            paramLabel = "NAME",
            converter = ModelConverter.class,
            description = "only this one, such as mlp-bn; may be given more than once")
    private List<ModelType> only = new ArrayList<>();

    /** Creates the command; its options are read by picocli. */
    public SamplingSpeed() {}

    /**
     * Runs the benchmark.
     *
     * @param args the options
     */
    public static void main(String... args) {
        System.setProperty("OPT_OUT_TRACKING", "true");
        System.exit(new CommandLine(new SamplingSpeed()).execute(args));
    }

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        try (PythonProcess torch = python.start(out, "sampling.py")) {
            run(torch, out);
        }
        return 0;
    }

    private void run(@Nullable PythonProcess torch, PrintWriter out) throws IOException {
        NamesCorpus corpus =
                NamesCorpus.of(
                        Names.LECTURES.findLocal().map(Names::read).orElseGet(Names::embedded));
        out.printf(
                Locale.ROOT,
                "%n| model | names a second, one by one | in batches of %,d | ratio | PyTorch, one"
                        + " by one | ratio |%n| --- | ---: | ---: | ---: | ---: | ---: |%n",
                BATCH);
        out.flush();
        for (ModelType type : only.isEmpty() ? List.of(ModelType.values()) : only) {
            try (NDManager manager = NDManager.newBaseManager();
                    Training run = TrainedModels.train(manager, type, corpus)) {
                Path weights = Files.createTempFile("sampling", ".safetensors");
                try {
                    TrainedModels.write(run.saved().model(), weights);
                    measure(run, weights, torch, out);
                } finally {
                    Files.delete(weights);
                }
            }
        }
    }

    private void measure(
            Training run, Path weights, @Nullable PythonProcess torch, PrintWriter out) {
        Sampler sampler = new Sampler(run.manager(), run.saved().model(), run.saved().vocabulary());
        String model =
                run.saved().model().config().type()
                        + " "
                        + weights
                        + " "
                        + run.saved().model().config().blockSize();
        if (torch != null) {
            compareLogits(run, model, torch);
        }
        int count = rounds.count();
        double[] oneByOne = new double[count];
        double[] batch = new double[count];
        double[] theirs = new double[count];
        for (int round = -2; round < count; round++) { // the JVM's compiler warms up
            int r = Math.max(0, round);
            RandomState.seed(SEED + round);
            oneByOne[r] =
                    speed(
                            ONE_BY_ONE,
                            () ->
                                    sampler.oneByOne(
                                            new TorchGenerator(SEED),
                                            ONE_BY_ONE,
                                            SamplerSettings.builder().cache(false).build()));
            batch[r] = speed(BATCH, () -> sampler.sample(BATCH, SamplerSettings.PLAIN));
            if (torch != null) {
                theirs[r] =
                        1 / torch.ask("draw " + model + " " + ONE_BY_ONE + " " + (SEED + round))[0];
            }
        }
        out.printf(
                Locale.ROOT,
                "| %s | %,.0f | %,.0f | %s | %s | %s |%n",
                run.saved().model().config().type(),
                Timing.median(oneByOne),
                Timing.median(batch),
                ratio(batch, oneByOne),
                torch == null ? "" : String.format(Locale.ROOT, "%,.0f", Timing.median(theirs)),
                torch == null ? "" : ratio(batch, theirs));
        out.flush();
    }

    private static double speed(int names, Runnable action) {
        long start = System.nanoTime();
        action.run();
        return names / ((System.nanoTime() - start) / 1e9);
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
        float[] ours = TrainedModels.logits(run, prefix);
        for (int i = 0; i < ours.length; i++) {
            if (!(Math.abs(ours[i] - theirs[i]) <= SAME)) {
                throw new IllegalStateException(
                        model + ": logit " + i + " is " + ours[i] + ", PyTorch's is " + theirs[i]);
            }
        }
    }

    private static String ratio(double[] a, double[] b) {
        return Timing.spread("%.0f", Timing.ratios(a, b));
    }
}
