/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.Corpus;
import org.djlext.makemore.train.RunSettings;
import org.djlext.makemore.train.TrainingRun;

/**
 * What 32 thousand, 320 thousand and 3.2 million names cost: the time to read, split and prepare
 * them, the memory, the time of a training step and of a pass over the dev set. Each count is in a
 * process of its own, whose heap is 256 MB.
 *
 * <pre>{@code
 * ./mvnw -q -DskipTests package
 * OMP_NUM_THREADS=1 taskset -c 1 java -Dai.djl.pytorch.num_threads=1 \
 *     -cp "benchmarks/target/benchmarks.jar:benchmarks/target/lib/*" \
 *     org.djlext.benchmarks.NamesGrowth [FOLDER [GRADIENTS]]
 * }</pre>
 *
 * <p>FOLDER is where the pictures go, default benchmarks/results. GRADIENTS is how the model,
 * lecture 4's with batch norm, is differentiated, default engine. The names are made up and
 * temporary.
 */
public final class NamesGrowth {

    private static final List<Integer> COUNTS = List.of(32_000, 320_000, 3_200_000);
    private static final long SEED = 2147483647L;
    private static final String CHILD = "--names";
    private static final int ROUNDS = 9;
    private static final int STEPS = 1000;

    private NamesGrowth() {}

    /**
     * Runs the benchmark.
     *
     * @param args folder and gradients, both optional
     * @throws IOException if a file cannot be written or a process not be started
     * @throws InterruptedException if it is interrupted while a process runs
     */
    public static void main(String... args) throws IOException, InterruptedException {
        System.setProperty("OPT_OUT_TRACKING", "true");
        if (args.length > 1 && args[0].equals(CHILD)) {
            measure(Path.of(args[1]), Gradients.valueOf(args[2]));
            return;
        }
        Path folder = Path.of(args.length > 0 ? args[0] : "benchmarks/results");
        String gradients = args.length > 1 ? args[1].toUpperCase(Locale.ROOT) : "ENGINE";
        System.out.println(
                "| names | examples | load, s | heap in use, MiB | resident, MiB | of it files, MiB"
                        + " | step, microseconds | dev loss, s |");
        System.out.println("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        List<Double> load = new ArrayList<>();
        List<Double> resident = new ArrayList<>();
        List<Double> step = new ArrayList<>();
        for (int count : COUNTS) {
            Path file = Files.createTempFile("names", ".txt");
            try {
                SyntheticNames.write(file, count, SEED);
                double[] m = child(file, gradients);
                System.out.printf(
                        Locale.ROOT,
                        "| %,d | %,.0f | %.2f | %.0f | %.0f | %.0f | %.1f | %.2f |%n",
                        count,
                        m[0],
                        m[1],
                        m[2],
                        m[3],
                        m[4],
                        m[5],
                        m[6]);
                load.add(m[1]);
                resident.add(m[3]);
                step.add(m[5]);
            } finally {
                Files.delete(file);
            }
        }
        report(folder, "load", "seconds", load);
        report(folder, "memory", "resident MiB", resident);
        report(folder, "step", "microseconds", step);
    }

    private static void report(Path folder, String name, String unit, List<Double> values)
            throws IOException {
        List<Double> sizes = COUNTS.stream().map(Integer::doubleValue).toList();
        GrowthCurve curve =
                new GrowthCurve(
                        name + " against the number of names", "names", unit, sizes, values);
        curve.draw(folder.resolve("growth-names-" + name + ".png"));
        System.out.printf(Locale.ROOT, "%n%s grows as names^%.2f", name, curve.exponent(0));
    }

    private static double[] child(Path file, String gradients)
            throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx256m",
                                "-Dai.djl.pytorch.num_threads=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                NamesGrowth.class.getName(),
                                CHILD,
                                file.toString(),
                                gradients)
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException("the process of " + file + " failed");
        }
        return Arrays.stream(answer.strip().split(" ", -1))
                .mapToDouble(Double::parseDouble)
                .toArray();
    }

    private static void measure(Path file, Gradients gradients) {
        try (NDManager manager = NDManager.newBaseManager()) {
            manager.create(1f).close(); // the engine is loaded before the clock starts
            long start = System.nanoTime();
            Corpus corpus = Corpus.of(Names.readAnyAlphabet(file));
            ModelConfig config =
                    ModelType.MLP_BN.defaults(corpus.vocabulary().size(), corpus.longest());
            RunSettings settings =
                    new RunSettings(
                            Integer.MAX_VALUE,
                            32,
                            RunSettings.Optimizer.SGD,
                            0.1,
                            Integer.MAX_VALUE,
                            0,
                            0,
                            0,
                            0,
                            SEED,
                            gradients);
            try (TrainingRun run = TrainingRun.start(manager, config, settings, corpus)) {
                double load = seconds(start);
                double[] step = new double[ROUNDS];
                for (int round = -3; round < ROUNDS; round++) { // some to warm up
                    long begin = System.nanoTime();
                    for (int i = 0; i < STEPS; i++) {
                        run.step();
                    }
                    step[Math.max(0, round)] = 1e6 * seconds(begin) / STEPS;
                }
                Arrays.sort(step);
                long begin = System.nanoTime();
                double loss = run.devLoss();
                double dev = seconds(begin);
                if (!Double.isFinite(loss)) {
                    throw new IllegalStateException("the dev loss is " + loss);
                }
                System.gc();
                Runtime runtime = Runtime.getRuntime();
                System.out.printf(
                        Locale.ROOT,
                        "%d %f %f %f %f %f %f%n",
                        run.train().size(),
                        load,
                        (runtime.totalMemory() - runtime.freeMemory()) / (double) (1 << 20),
                        ResidentMemory.mebibytes("VmRSS"),
                        ResidentMemory.mebibytes("RssFile"),
                        step[ROUNDS / 2],
                        dev);
            }
        }
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }
}
