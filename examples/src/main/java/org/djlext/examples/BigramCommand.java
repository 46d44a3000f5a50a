/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import org.djlext.examples.bigram.BigramSettings;
import org.djlext.examples.bigram.Broadcasting;
import org.djlext.examples.bigram.ContextGrowth;
import org.djlext.examples.bigram.CountMatrix;
import org.djlext.examples.bigram.CountsAndNet;
import org.djlext.examples.bigram.DictionaryCounts;
import org.djlext.examples.bigram.DrawingNumbers;
import org.djlext.examples.bigram.LossOfCounts;
import org.djlext.examples.bigram.NetStepByStep;
import org.djlext.examples.bigram.OneHotInput;
import org.djlext.examples.bigram.ReadingNames;
import org.djlext.examples.bigram.SamplingNames;
import org.djlext.examples.bigram.TensorBasics;
import org.djlext.examples.bigram.TrainingTheNet;
import org.djlext.examples.micrograd.Output;
import org.djlext.makemore.model.BigramNet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The second lecture on the command line: {@code bigram matrix --out pictures}. */
@Command(
        name = "bigram",
        description = "Runs a topic of the second lecture: bigrams, counted and learnt.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the spec
public final class BigramCommand implements Callable<Integer> {

    private static final String ALL = "all";

    @Spec private CommandSpec spec;

    @Mixin private DataOptions data = new DataOptions();

    @Parameters(
            index = "0",
            defaultValue = ALL,
            paramLabel = "TOPIC",
            description =
                    "One of: names, dictionary, tensors, matrix, draws, sampling, broadcasting,"
                            + " loss, onehot, net, training, equivalence, contexts; or all"
                            + " (default).")
    private String topic = ALL;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Puts pictures (PNG) into this folder.")
    private @Nullable Path folder;

    @Option(
            names = "--word",
            paramLabel = "WORD",
            defaultValue = "andrej,andrejq",
            split = ",",
            description = "loss: words whose loss is wanted (default: ${DEFAULT-VALUE}).")
    private List<String> words = List.of();

    @Option(
            names = "--count",
            defaultValue = "10",
            description = "sampling, training: how many names (default: ${DEFAULT-VALUE}).")
    private int count;

    @Option(
            names = "--seed",
            defaultValue = "2147483647",
            description = "the seed of weights and names (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--steps",
            defaultValue = "200",
            description = "training, equivalence: how many steps (default: ${DEFAULT-VALUE}).")
    private int steps;

    @Option(
            names = "--rate",
            defaultValue = "50",
            description = "training, equivalence: the learning rate (default: ${DEFAULT-VALUE}).")
    private double rate;

    @Option(
            names = "--penalty",
            defaultValue = "0.01",
            description = "training: the factor of mean(W^2) (default: ${DEFAULT-VALUE}).")
    private double penalty;

    @Option(
            names = "--rows",
            defaultValue = "look_up",
            description = "training: one_hot or look_up (default: ${DEFAULT-VALUE}).")
    private BigramNet.Rows rows = BigramNet.Rows.LOOK_UP;

    @Option(
            names = "--backward",
            defaultValue = "engine",
            description = "training: who differentiates, engine or manual (default: engine).")
    private BigramNet.Backward backward = BigramNet.Backward.ENGINE;

    /** Constructor for picocli. */
    public BigramCommand() {}

    /**
     * Runs the command alone.
     *
     * @param args a topic and options
     */
    public static void main(String... args) {
        System.exit(CommandLines.execute(new BigramCommand(), args));
    }

    @Override
    public Integer call() {
        BigramSettings settings = checkedSettings();
        Map<String, BiConsumer<Output, List<String>>> topics = topics(settings);
        if (!topic.equals(ALL) && !topics.containsKey(topic)) {
            throw mistake(
                    "There is no topic '%s'; there are %s, and all."
                            .formatted(topic, String.join(", ", topics.keySet())));
        }
        Output output = new Output(System.out, preparedFolder());
        List<String> names = data.names();
        output.line("%d %s", names.size(), data.describe());
        topics.forEach(
                (name, run) -> {
                    if (topic.equals(ALL)) {
                        output.line("%n--- %s", name);
                    }
                    if (topic.equals(ALL) || topic.equals(name)) {
                        run.accept(output, names);
                    }
                });
        return CommandLine.ExitCode.OK;
    }

    private static Map<String, BiConsumer<Output, List<String>>> topics(BigramSettings settings) {
        Map<String, BiConsumer<Output, List<String>>> topics = new LinkedHashMap<>();
        topics.put("names", ReadingNames::run);
        topics.put("dictionary", DictionaryCounts::run);
        topics.put("tensors", (out, names) -> TensorBasics.run(out));
        topics.put("matrix", CountMatrix::run);
        topics.put("draws", DrawingNumbers::run);
        topics.put("sampling", (out, names) -> SamplingNames.run(out, names, settings));
        topics.put("broadcasting", Broadcasting::run);
        topics.put("loss", (out, names) -> LossOfCounts.run(out, names, settings));
        topics.put("onehot", (out, names) -> OneHotInput.run(out, settings));
        topics.put("net", (out, names) -> NetStepByStep.run(out, settings));
        topics.put("training", (out, names) -> TrainingTheNet.run(out, names, settings));
        topics.put("equivalence", (out, names) -> CountsAndNet.run(out, names, settings));
        topics.put("contexts", ContextGrowth::run);
        return topics;
    }

    private BigramSettings checkedSettings() {
        for (String word : words) {
            if (!word.matches("[a-z]+")) {
                throw mistake("--word takes the letters a to z, but got '" + word + "'.");
            }
        }
        if (count < 1) {
            throw mistake("--count must be at least 1, but is " + count + ".");
        }
        if (steps < 1) {
            throw mistake("--steps must be at least 1, but is " + steps + ".");
        }
        if (!(rate > 0 && rate < Double.POSITIVE_INFINITY)) {
            throw mistake("--rate must be more than 0, but is " + rate + ".");
        }
        if (!(penalty >= 0 && penalty < Double.POSITIVE_INFINITY)) {
            throw mistake("--penalty must be 0 or more, but is " + penalty + ".");
        }
        return new BigramSettings(words, count, seed, steps, rate, penalty, rows, backward);
    }

    private @Nullable Path preparedFolder() {
        if (folder == null) {
            return null;
        }
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw mistake("Pictures cannot be put into " + folder + ": it cannot be made.");
        }
        if (!Files.isWritable(folder)) {
            throw mistake("Pictures cannot be put into " + folder + ": it cannot be written to.");
        }
        return folder;
    }

    private ParameterException mistake(String sentence) {
        return new ParameterException(spec.commandLine(), sentence);
    }
}
