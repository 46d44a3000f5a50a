/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.djlext.examples.cli.TrainOptions;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.model.ModelConfig;
import org.djlext.makemore.train.TrainingConfig;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * The runs of a sweep: options of {@code makemore train}, each with a value or several, of which
 * each combination is a run.
 */
final class SweepGrid {

    private static final String MODEL = "--model";
    // A sweep looks at the dev loss once, at the end of a run.
    private static final String EVALUATION = "--eval-interval";

    private SweepGrid() {}

    /**
     * Returns a run for each combination. Its name has all options that were given, so that the
     * same run has the same name in a grid of more values.
     *
     * @param options the options of the command line, such as --lr 0.1,0.3 --seed 1,2
     * @param corpus the names
     * @throws IllegalArgumentException if there is no such option, or a value makes no sense
     */
    static List<Sweep.Run> runs(List<String> options, NamesCorpus corpus) {
        Map<String, String> axes = axes(options);
        axes.putIfAbsent(MODEL, "mlp");
        List<Map<String, String>> combinations = List.of(Map.of());
        for (Map.Entry<String, String> axis : axes.entrySet()) {
            List<Map<String, String>> longer = new ArrayList<>();
            for (Map<String, String> some : combinations) {
                for (String value : axis.getValue().split(",", -1)) {
                    Map<String, String> more = new TreeMap<>(some);
                    more.put(axis.getKey(), value);
                    longer.add(more);
                }
            }
            combinations = longer;
        }
        return combinations.stream().map(values -> run(values, corpus)).toList();
    }

    /** Returns the values of each option, under the first of its names. */
    private static Map<String, String> axes(List<String> options) {
        CommandLine known = new CommandLine(new TrainOptions());
        Map<String, String> axes = new TreeMap<>();
        for (int i = 0; i < options.size(); i++) {
            String[] parts = options.get(i).split("=", 2);
            OptionSpec option = known.getCommandSpec().findOption(parts[0]);
            if (option == null) {
                throw new IllegalArgumentException(
                        "a sweep takes the options of makemore train that say what is trained and"
                                + " how, but got "
                                + options.get(i));
            }
            boolean isSwitch = option.arity().max() == 0;
            boolean isNext = parts.length == 1 && !isSwitch && i + 1 < options.size();
            axes.put(
                    option.names()[0],
                    parts.length == 2 ? parts[1] : isNext ? options.get(++i) : "true");
        }
        return axes;
    }

    private static Sweep.Run run(Map<String, String> values, NamesCorpus corpus) {
        Map<String, String> all = new TreeMap<>(values);
        all.putIfAbsent(EVALUATION, "0");
        TrainOptions options = new TrainOptions();
        try {
            new CommandLine(options)
                    .setCaseInsensitiveEnumValuesAllowed(true)
                    .parseArgs(words(all).toArray(String[]::new));
        } catch (ParameterException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        ModelConfig model = options.model(corpus);
        TrainingConfig training = options.training(model, corpus);
        String name = String.join(",", words(values)).replace("--", "");
        return new Sweep.Run(name.replaceAll("[^\\w=,.-]", "_"), model, training);
    }

    private static List<String> words(Map<String, String> values) {
        return values.entrySet().stream().map(Map.Entry::toString).toList();
    }
}
