/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.sample.Sampler;
import org.djlext.makemore.sample.SamplerSettings;
import org.djlext.makemore.train.Corpus;
import org.djlext.makemore.train.TrainingRun;
import org.jspecify.annotations.Nullable;

/**
 * 10,000 names drawn in batches, beside the same model's names drawn one by one as in the lectures,
 * here and in PyTorch: every model, trained for 1,000 steps, one thread each, in turns.
 *
 * <pre>{@code
 * ./mvnw -q -DskipTests package
 * OMP_NUM_THREADS=1 taskset -c 1 java -Dai.djl.pytorch.num_threads=1 \
 *     -cp "benchmarks/target/benchmarks.jar:benchmarks/target/lib/*" \
 *     org.djlext.benchmarks.SamplingSpeed [ROUNDS [PYTHON [MODEL..]]]
 * }</pre>
 *
 * <p>PYTHON is the command of a Python with torch; without it, the environment variable PYTHON; and
 * without that, only our side runs. The names are the lectures' if they are on this machine. First
 * the logits of both sides are compared, and an exception ends the run if they differ.
 */
public final class SamplingSpeed {

    private static final int BATCH = 10_000;
    private static final int ONE_BY_ONE = 100;
    private static final long SEED = 42;
    private static final double SAME = 1e-4;

    private final PrintStream out;
    private final int rounds;
    private final Corpus corpus;
    private final @Nullable PythonProcess torch;

    private SamplingSpeed(PrintStream out, int rounds, @Nullable PythonProcess torch) {
        this.out = out;
        this.rounds = rounds;
        this.torch = torch;
        corpus = Corpus.of(Names.findLocal().map(Names::read).orElseGet(Names::embedded));
    }

    /**
     * Runs the benchmark.
     *
     * @param args rounds, default 7, the Python command and models, default all; all optional
     * @throws IOException if the Python side cannot be started
     */
    public static void main(String... args) throws IOException {
        System.setProperty("OPT_OUT_TRACKING", "true");
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 7;
        List<ModelType> models =
                args.length > 2
                        ? Arrays.stream(args).skip(2).map(ModelType::of).toList()
                        : List.of(ModelType.values());
        String python = args.length > 1 ? args[1] : System.getenv("PYTHON");
        if (python == null) {
            System.out.println("without PyTorch: name a Python with torch in PYTHON");
            new SamplingSpeed(System.out, rounds, null).run(models);
        } else {
            try (PythonProcess torch = new PythonProcess(python, "sampling.py")) {
                System.out.println(torch.version() + ", beside libtorch 2.7.1 under DJL");
                new SamplingSpeed(System.out, rounds, torch).run(models);
            }
        }
    }

    private void run(List<ModelType> models) throws IOException {
        out.printf(
                Locale.ROOT,
                "%n| model | names a second, one by one | in batches of %,d | ratio | PyTorch, one"
                        + " by one | ratio |%n| --- | ---: | ---: | ---: | ---: | ---: |%n",
                BATCH);
        for (ModelType type : models) {
            try (NDManager manager = NDManager.newBaseManager();
                    TrainingRun run = TrainedModels.train(manager, type, corpus)) {
                Path weights = Files.createTempFile("sampling", ".safetensors");
                try {
                    TrainedModels.write(run.saved().model(), weights);
                    measure(run, weights);
                } finally {
                    Files.delete(weights);
                }
            }
        }
    }

    private void measure(TrainingRun run, Path weights) {
        Sampler sampler = new Sampler(run.manager(), run.saved().model(), run.saved().vocabulary());
        String model =
                run.saved().model().config().type()
                        + " "
                        + weights
                        + " "
                        + run.saved().model().config().blockSize();
        compareLogits(run, model);
        double[] oneByOne = new double[rounds];
        double[] batch = new double[rounds];
        double[] theirs = new double[rounds];
        for (int round = -2; round < rounds; round++) { // the JVM's compiler warms up
            int r = Math.max(0, round);
            new TorchGenerator(SEED + round);
            oneByOne[r] =
                    speed(ONE_BY_ONE, () -> sampler.oneByOne(new TorchGenerator(SEED), ONE_BY_ONE));
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
                median(oneByOne),
                median(batch),
                ratio(batch, oneByOne),
                torch == null ? "" : String.format(Locale.ROOT, "%,.0f", median(theirs)),
                torch == null ? "" : ratio(batch, theirs));
    }

    private static double speed(int names, Runnable action) {
        long start = System.nanoTime();
        action.run();
        return names / ((System.nanoTime() - start) / 1e9);
    }

    private void compareLogits(TrainingRun run, String model) {
        if (torch == null) {
            return;
        }
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

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static String ratio(double[] a, double[] b) {
        double[] ratios = new double[a.length];
        Arrays.setAll(ratios, i -> a[i] / b[i]);
        Arrays.sort(ratios);
        return String.format(
                Locale.ROOT,
                "%.0f (%.0f to %.0f)",
                median(ratios),
                ratios[0],
                ratios[ratios.length - 1]);
    }
}
