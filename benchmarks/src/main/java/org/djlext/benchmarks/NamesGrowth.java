/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDManager;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.data.Source;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.train.TrainingConfig;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What 32 thousand, 320 thousand and 3.2 million names cost: the time to read, split and prepare
 * them, the memory, the time of a training step and of a pass over the dev set. Each count is in a
 * process of its own, whose heap is 400 MB.
 *
 * <p>The pictures go to {@code --folder}, by default {@code benchmarks/results}. {@code
 * --gradients} says how the gradients of the model, lecture 4's with batch norm, are computed;
 * default {@code engine}. The names are made up and temporary.
 */
@Command(
        name = "NamesGrowth",
        description = "Measures how the cost of training grows with the number of names.")
final class NamesGrowth extends Benchmark {

    private static final List<Integer> COUNTS = List.of(32_000, 320_000, 3_200_000);
    private static final long SEED = 2147483647L;
    private static final String CHILD = "--names";
    private static final int LONGEST = 15; // characters of a name
    private static final int ROUNDS = 9;
    private static final int STEPS = 1000;

    @Mixin private GrowthOptions options = new GrowthOptions(Gradients.ENGINE);

    @Option(
            names = CHILD,
            paramLabel = "FILE",
            hidden = true,
            description = "measures the names of this file alone, in this process")
    private @Nullable Path names;

    public static void main(String... args) {
        main(new NamesGrowth(), args);
    }

    @Override
    boolean run() throws IOException, InterruptedException {
        if (names == null) {
            measureAll();
        } else {
            measure(names);
        }
        return true;
    }

    private void measureAll() throws IOException, InterruptedException {
        out().head(
                        0,
                        "names | examples | load, s | heap in use, MiB | resident, MiB"
                                + " | of it files, MiB | step, microseconds | dev loss, s");
        List<double[]> measured = new ArrayList<>();
        try (Scratch scratch = Scratch.create("names")) {
            for (int count : COUNTS) {
                Path file = scratch.resolve(count + ".txt");
                writeNames(file, count);
                double[] m = child(file);
                out().line(
                                "| %,d | %,.0f | %.2f | %.0f | %.0f | %.0f | %.1f | %.2f |",
                                count, m[0], m[1], m[2], m[3], m[4], m[5], m[6]);
                measured.add(m);
            }
        }
        report("load", "seconds", 1, measured);
        report("memory", "resident MiB", 3, measured);
        report("step", "microseconds", 5, measured);
    }

    private void report(String name, String unit, int column, List<double[]> measured)
            throws IOException {
        GrowthCurve curve =
                new GrowthCurve(
                        COUNTS.stream().map(Integer::doubleValue).toList(),
                        measured.stream().map(m -> m[column]).toList());
        String title = name + " against the number of names";
        curve.draw(title, "names", unit, options.picture("names-" + name));
        out().line("%n%s grows as names^%.2f", name, curve.exponent(0));
    }

    private double[] child(Path file) throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx400m",
                                "-Dai.djl.pytorch.num_threads=1",
                                "-cp",
                                System.getProperty("java.class.path"),
                                NamesGrowth.class.getName(),
                                CHILD,
                                file.toString(),
                                "--gradients",
                                options.gradients().name())
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

    private void measure(Path file) {
        try (NDManager manager = NDManager.newBaseManager()) {
            manager.create(1f).close(); // the engine is loaded before the clock starts
            long start = System.nanoTime();
            Source source = Source.names(List.of(file.toString()));
            NamesCorpus corpus = NamesCorpus.of(source.items().items(), source);
            ModelConfig config =
                    ModelType.MLP_BN.defaults(corpus.vocabulary().size(), corpus.longest());
            TrainingConfig settings =
                    TrainingConfig.builder(Integer.MAX_VALUE)
                            .seed(SEED)
                            .gradients(options.gradients())
                            .build();
            try (Training run = Training.start(manager, config, settings, corpus)) {
                double load = seconds(start);
                DoubleSupplier step = Timing.seconds(System::nanoTime, STEPS, run::step);
                Timing.ofSeconds(3, 0, List.of(step)); // to warm up
                Timing steps = Timing.ofSeconds(ROUNDS, 0, List.of(step));
                long begin = System.nanoTime();
                double loss = run.evaluate().dev();
                double dev = seconds(begin);
                if (!Double.isFinite(loss)) {
                    throw new IllegalStateException("the dev loss is " + loss);
                }
                System.gc();
                Runtime runtime = Runtime.getRuntime();
                out().line(
                                "%d %f %f %f %f %f %f",
                                run.train().size(),
                                load,
                                (runtime.totalMemory() - runtime.freeMemory()) / (double) (1 << 20),
                                ResidentMemory.mebibytes("VmRSS"),
                                ResidentMemory.mebibytes("RssFile"),
                                1e6 * steps.median(0),
                                dev);
            }
        }
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    /**
     * Writes made-up names, a name a line: each character is what followed the two before it
     * somewhere in the embedded names.
     */
    private static void writeNames(Path file, int count) throws IOException {
        Map<String, List<Character>> followers = followers();
        SplittableRandom random = new SplittableRandom(SEED);
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            for (int i = 0; i < count; i++) {
                StringBuilder name = new StringBuilder("..");
                char next = 0;
                while (next != '.' && name.length() < LONGEST + 2) {
                    String last = name.substring(name.length() - 2);
                    List<Character> choices = followers.getOrDefault(last, List.of('.'));
                    next = choices.get(random.nextInt(choices.size()));
                    name.append(next);
                }
                int end = next == '.' ? name.length() - 1 : name.length();
                out.append(name, 2, end).append('\n');
            }
        }
    }

    private static Map<String, List<Character>> followers() {
        Map<String, List<Character>> followers = new HashMap<>();
        for (String name : Names.embedded()) {
            String padded = ".." + name + ".";
            for (int i = 2; i < padded.length(); i++) {
                followers
                        .computeIfAbsent(padded.substring(i - 2, i), key -> new ArrayList<>())
                        .add(padded.charAt(i));
            }
        }
        return followers;
    }
}
