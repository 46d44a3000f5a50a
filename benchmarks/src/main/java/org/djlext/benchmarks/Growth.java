/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import java.util.function.IntFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.model.DeepMlp;
import org.djlext.makemore.model.HiddenConfig;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.Gradients;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.Training;
import org.djlext.makemore.train.TrainingConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * How the time of a training step grows with the batch, the hidden units, the vocabulary and the
 * depth, each on its own from lecture 4's network with batch norm (batch 32, hidden 200, 27
 * characters), all sizes in turns; and what 32 thousand, 320 thousand and 3.2 million names cost. A
 * picture of each goes to a folder.
 */
@Command(name = "Growth")
final class Growth extends Benchmark {

    private static final int[] NAMES = {32_000, 320_000, 3_200_000};
    private static final int NAMES_OF_A_VOCABULARY = 5000;
    private static final int FIRST_IDEOGRAPH = 0x4e00;
    private static final long SEED = 2147483647L;
    private static final double RATE = 0.001;

    @Mixin private Turns turns = new Turns();

    @Option(names = "--size", paramLabel = "NAME")
    private List<String> only = new ArrayList<>();

    @Option(names = "--folder")
    private Path folder = Path.of("benchmarks/results");

    @Option(names = "--gradients")
    private Gradients gradients = Gradients.COMPILED;

    private final NamesCorpus names = NamesCorpus.of(Names.embedded());

    public static void main(String... args) {
        main(new Growth(), args);
    }

    @Override
    boolean run() throws IOException, InterruptedException {
        List<String> all = List.of("batch", "hidden", "vocabulary", "depth", "names");
        for (String size : choose("--size", only, all)) {
            try (NDManager manager = NDManager.newBaseManager()) {
                switch (size) {
                    case "batch" ->
                            steps(size, doubled(32, 9), n -> run(manager, mlp(200), n, names));
                    case "hidden" ->
                            steps(size, doubled(64, 8), n -> run(manager, mlp(n), 32, names));
                    case "vocabulary" -> steps(size, doubled(32, 9), n -> ofVocabulary(manager, n));
                    case "depth" ->
                            steps(size, doubled(1, 6), n -> run(manager, deep(n), 32, names));
                    default -> moreNames();
                }
            }
        }
        return true;
    }

    private static List<Integer> doubled(int first, int count) {
        return IntStream.range(0, count).mapToObj(i -> first << i).toList();
    }

    private static ModelConfig mlp(int hidden) {
        return new HiddenConfig(27, 3, 10, hidden, ModelType.MLP_BN);
    }

    private static ModelConfig deep(int layers) {
        return new DeepMlp.Config(27, 3, 10, 200, layers, true, 1, true, true);
    }

    private Training ofVocabulary(NDManager manager, int size) {
        SplittableRandom random = new SplittableRandom(SEED);
        // Each character once, whatever is drawn.
        Stream<String> every = characters(IntStream.range(1, size));
        Stream<String> drawn =
                Stream.generate(() -> characters(random.ints(6, 1, size)))
                        .map(name -> name.collect(Collectors.joining()))
                        .limit(NAMES_OF_A_VOCABULARY);
        NamesCorpus corpus = NamesCorpus.of(Stream.concat(every, drawn).toList());
        return run(manager, ModelType.MLP_BN.defaults(size, 6), 32, corpus);
    }

    private static Stream<String> characters(IntStream numbers) {
        return numbers.mapToObj(i -> Character.toString(FIRST_IDEOGRAPH + i));
    }

    private Training run(NDManager manager, ModelConfig model, int batch, NamesCorpus corpus) {
        TrainingConfig settings =
                TrainingConfig.builder(Integer.MAX_VALUE)
                        .batchSize(batch)
                        .learningRate(LearningRate.constant(RATE))
                        .gradients(gradients)
                        .seed(SEED)
                        .build();
        return Training.start(manager, model, settings, corpus);
    }

    private void steps(String name, List<Integer> sizes, IntFunction<Training> maker)
            throws IOException {
        List<DoubleSupplier> seconds = new ArrayList<>();
        for (int size : sizes) {
            Training run = maker.apply(size);
            seconds.add(Timing.ofRepeated(count -> Benchmark.steps(run, count)));
        }
        Timing t = turns.time(seconds);
        out().line("");
        out().head(0, name + " | microseconds a step | each");
        List<Double> values = new ArrayList<>();
        for (int i = 0; i < sizes.size(); i++) {
            double median = 1e6 * t.median(i);
            values.add(median);
            out().line("| %,d | %,.1f | %.3f |", sizes.get(i), median, median / sizes.get(i));
        }
        report(new GrowthCurve(name, "microseconds a step", sizes, values));
    }

    private void moreNames() throws IOException, InterruptedException {
        out().line("");
        out().head(
                        0,
                        "names | examples | load, s | heap in use, MiB | resident, MiB"
                                + " | step, microseconds | dev loss, s");
        List<NamesCost> costs = new ArrayList<>();
        for (int count : NAMES) {
            NamesCost cost = NamesCost.of(count, gradients);
            out().line(
                            "| %,d | %,d | %.2f | %.0f | %.0f | %.1f | %.2f |",
                            count,
                            cost.examples(),
                            cost.load(),
                            cost.heap(),
                            cost.resident(),
                            1e6 * cost.step(),
                            cost.dev());
            costs.add(cost);
        }
        report(costs, "seconds to load", NamesCost::load);
        report(costs, "resident MiB", NamesCost::resident);
        report(costs, "microseconds a step", cost -> 1e6 * cost.step());
    }

    private void report(List<NamesCost> costs, String what, ToDoubleFunction<NamesCost> value)
            throws IOException {
        List<Integer> sizes = Arrays.stream(NAMES).boxed().toList();
        List<Double> values = costs.stream().mapToDouble(value).boxed().toList();
        report(new GrowthCurve("names", what, sizes, values));
    }

    private void report(GrowthCurve curve) throws IOException {
        Files.createDirectories(folder);
        out().line("%n%s; %s", curve, curve.draw(folder));
    }
}
