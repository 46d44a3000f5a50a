/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.model.ModelType;
import org.djlext.makemore.train.LearningRate;
import org.djlext.makemore.train.OptimizerConfig;
import org.djlext.makemore.train.TrainingConfig;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The options of a sweep that take several values, of which each combination is a run. Their names
 * are those of {@code makemore train}.
 */
final class SweepGrid {

    private static final String VALUES = "VALUE[,..]";

    @Option(
            names = "--model",
            split = ",",
            paramLabel = "MODEL[,..]",
            description = "models of makemore train, default mlp")
    private List<String> models = List.of("mlp");

    @Option(
            names = "--block-size",
            split = ",",
            paramLabel = VALUES,
            description = "how many characters a model sees")
    private List<Integer> blockSizes = List.of();

    @Option(
            names = "--n-layer",
            split = ",",
            paramLabel = VALUES,
            description = "hidden layers, levels or blocks")
    private List<Integer> layers = List.of();

    @Option(
            names = "--n-embd",
            split = ",",
            paramLabel = VALUES,
            description = "the length of a character's vector")
    private List<Integer> embeddings = List.of();

    @Option(
            names = "--n-embd2",
            split = ",",
            paramLabel = VALUES,
            description = "the number of hidden units")
    private List<Integer> hidden = List.of();

    @Option(
            names = "--max-steps",
            split = ",",
            paramLabel = VALUES,
            description = "training steps, default 10000")
    private List<Integer> steps = List.of(10_000);

    @Option(
            names = "--batch-size",
            split = ",",
            paramLabel = VALUES,
            description = "examples in a mini-batch, default 32")
    private List<Integer> batchSizes = List.of(32);

    @Option(
            names = "--optimizer",
            split = ",",
            paramLabel = VALUES,
            description = "sgd (default) or adamw")
    private List<OptimizerConfig.Kind> optimizers = List.of(OptimizerConfig.Kind.SGD);

    @Option(
            names = {"--lr", "--learning-rate"},
            split = ",",
            paramLabel = VALUES,
            description =
                    "the learning rate, default 0.1; a tenth for the last quarter of the steps")
    private List<Double> rates = List.of(0.1);

    @Option(
            names = "--weight-decay",
            split = ",",
            paramLabel = VALUES,
            description = "how fast weights decay, default 0")
    private List<Double> decays = List.of(0.0);

    @Option(
            names = "--seed",
            split = ",",
            paramLabel = VALUES,
            description = "seed of parameters and mini-batches, default 2147483647")
    private List<Long> seeds = List.of(2147483647L);

    /**
     * Returns a run for each combination. Its name has all that it depends on, so that the same run
     * has the same name in a larger grid.
     *
     * @throws IllegalArgumentException if there is no such model, or a number is out of range
     */
    List<Sweep.Run> runs(NamesCorpus corpus) {
        Map<String, List<?>> axes = new TreeMap<>();
        axes.put("model", models);
        axes.put("block-size", orDefault(blockSizes));
        axes.put("n-layer", orDefault(layers));
        axes.put("n-embd", orDefault(embeddings));
        axes.put("n-embd2", orDefault(hidden));
        axes.put("max-steps", steps);
        axes.put("batch-size", batchSizes);
        axes.put("optimizer", optimizers);
        axes.put("lr", rates);
        axes.put("weight-decay", decays);
        axes.put("seed", seeds);
        List<Map<String, Object>> combinations = new ArrayList<>();
        combinations.add(new TreeMap<>());
        axes.forEach(
                (name, values) -> {
                    List<Map<String, Object>> before = List.copyOf(combinations);
                    combinations.clear();
                    for (Map<String, Object> some : before) {
                        for (Object value : values) {
                            Map<String, Object> more = new TreeMap<>(some);
                            more.put(name, value);
                            combinations.add(more);
                        }
                    }
                });
        return combinations.stream().map(values -> run(values, corpus)).toList();
    }

    // What is not given is the model's own, which no number says.
    private static List<?> orDefault(List<Integer> values) {
        return values.isEmpty() ? List.of("default") : values;
    }

    private static Sweep.Run run(Map<String, Object> values, NamesCorpus corpus) {
        StringBuilder name = new StringBuilder();
        values.forEach(
                (option, value) -> {
                    if (!value.equals("default")) {
                        name.append(name.isEmpty() ? "" : ",").append(option + "=" + value);
                    }
                });
        int steps = value(values, "max-steps", Integer.class);
        double decay = value(values, "weight-decay", Double.class);
        return new Sweep.Run(
                name.toString().replaceAll("[^\\w=,.-]", "_"),
                model(values, corpus),
                TrainingConfig.builder(steps)
                        .batchSize(value(values, "batch-size", Integer.class))
                        .optimizer(
                                values.get("optimizer") == OptimizerConfig.Kind.SGD
                                        ? OptimizerConfig.sgd(decay)
                                        : OptimizerConfig.adamW(decay))
                        .learningRate(
                                LearningRate.stepDecay(
                                        value(values, "lr", Double.class), steps - steps / 4))
                        .seed(value(values, "seed", Long.class))
                        .build());
    }

    private static ModelConfig model(Map<String, Object> values, NamesCorpus corpus) {
        Map<String, @Nullable Object> sizes = new HashMap<>();
        sizes.put("blockSize", size(values, "block-size"));
        sizes.put("layers", size(values, "n-layer"));
        sizes.put("embedding", size(values, "n-embd"));
        sizes.put("hidden", size(values, "n-embd2"));
        return ModelType.of(String.valueOf(values.get("model")))
                .defaults(corpus.vocabulary().size(), corpus.longest())
                .with(sizes);
    }

    // Null leaves a size as it is.
    private static @Nullable Integer size(Map<String, Object> values, String option) {
        return values.get(option) instanceof Integer size ? size : null;
    }

    private static <T> T value(Map<String, Object> values, String option, Class<T> type) {
        return type.cast(Objects.requireNonNull(values.get(option), option));
    }
}
