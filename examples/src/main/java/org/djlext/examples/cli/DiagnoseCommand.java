/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.ndarray.NDManager;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.djlext.examples.lecture.Lab;
import org.djlext.examples.lecture.Output;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.train.Gradients;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Lectures 3, 4 and 6 look into their networks: {@code makemore diagnose --experiment kaiming}. */
@Command(
        name = "diagnose",
        description =
                "Experiments of lectures 3, 4 and 6: what happens inside a network, in numbers and"
                        + " pictures.")
final class DiagnoseCommand extends MakemoreCommand {

    /** Reads the name of an experiment. */
    static final class ExperimentConverter implements ITypeConverter<Experiment> {
        @Override
        public Experiment convert(String value) {
            try {
                return Experiment.of(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(String.valueOf(e.getMessage()));
            }
        }
    }

    @Mixin private DataOptions data = new DataOptions();

    @Option(
            names = "--experiment",
            paramLabel = "NAME",
            defaultValue = "kaiming",
            converter = ExperimentConverter.class,
            description = "one of ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}")
    private Experiment experiment = Experiment.KAIMING;

    @Option(
            names = "--list",
            description = "says what the experiments are, and which options change them")
    private boolean list;

    @Option(
            names = "--max-steps",
            paramLabel = "N",
            description = "training steps, default 1000 for most")
    private @Nullable Integer steps;

    @Option(
            names = {"--lr", "--learning-rate"},
            paramLabel = "X",
            description = "the learning rate, default the lecture's")
    private @Nullable Double rate;

    @Option(
            names = "--gain",
            paramLabel = "X",
            description = "what initial weights are multiplied by, default the lecture's")
    private @Nullable Double gain;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "the seed of all numbers, default the lecture's")
    private @Nullable Long seed;

    @Option(
            names = "--gradients",
            paramLabel = "WAY",
            defaultValue = "engine",
            description = "engine (default) or manual, the hand-written backward")
    private Gradients gradients = Gradients.ENGINE;

    @Option(
            names = "--work-dir",
            paramLabel = "DIR",
            description = "the folder of the pictures, default one named after the experiment")
    private @Nullable Path workDir;

    @Mixin private EngineOptions engine = new EngineOptions();

    @Override
    void run() {
        PrintStream stream = System.out;
        if (list) {
            for (Experiment each : Experiment.values()) {
                new Output(stream, null)
                        .line("%-21s %s  %s", each, each.description(), each.options());
            }
        }
        check();
        Path folder =
                PictureFolder.prepare(
                        workDir != null ? workDir : Path.of(experiment.toString()), "--work-dir");
        NamesCorpus names = data.names();
        Output out = new Output(stream, folder);
        try (NDManager manager = engine.manager()) {
            out.line("%s: %s", experiment.description(), data.describe(names));
            experiment.run(
                    new Lab(
                            out,
                            manager,
                            names,
                            new Lab.Choices(steps, rate, gain, seed, gradients)));
        }
    }

    private void check() {
        Map<String, @Nullable Object> given = new LinkedHashMap<>();
        given.put("--max-steps", steps);
        given.put("--lr", rate);
        given.put("--gain", gain);
        given.put("--seed", seed);
        List<String> known = List.of(experiment.options().split(" "));
        given.forEach(
                (option, value) -> {
                    if (value != null && !known.contains(option)) {
                        throw new Mistake(
                                option
                                        + " changes nothing in "
                                        + experiment
                                        + (experiment.options().isEmpty()
                                                ? ", which has no options"
                                                : "; "
                                                        + String.join(", ", known)
                                                        + " can be given"));
                    }
                });
        if (steps != null && steps < 1) {
            throw new Mistake("--max-steps must be at least 1, but is " + steps);
        }
        positive("--lr", rate);
        positive("--gain", gain);
    }

    private void positive(String option, @Nullable Double value) {
        if (value != null && !(value > 0 && value < Double.POSITIVE_INFINITY)) {
            throw new Mistake(option + " must be more than 0, but is " + value);
        }
    }
}
