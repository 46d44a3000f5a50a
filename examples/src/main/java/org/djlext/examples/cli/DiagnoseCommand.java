/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.djlext.examples.lecture.Lab;
import org.djlext.examples.lecture.Output;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.train.Gradients;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lectures 3, 4 and 6 look into their networks: {@code makemore diagnose --experiment kaiming}. */
@Command(name = "diagnose")
final class DiagnoseCommand extends MakemoreCommand {

    @Mixin private DataOptions data = new DataOptions();

    @Option(names = "--experiment", paramLabel = "NAME")
    private Experiment experiment = Experiment.KAIMING;

    @Option(names = "--list")
    private boolean list;

    @Option(names = "--max-steps", paramLabel = "N")
    private @Nullable Integer steps;

    @Option(
            names = {"--lr", "--learning-rate"},
            paramLabel = "X")
    private @Nullable Double rate;

    @Option(names = "--gain", paramLabel = "X")
    private @Nullable Double gain;

    @Option(names = "--seed", paramLabel = "N")
    private @Nullable Long seed;

    @Option(names = "--gradients", paramLabel = "WAY")
    private Gradients gradients = Gradients.ENGINE;

    @Option(names = "--work-dir", paramLabel = "DIR")
    private @Nullable Path workDir;

    @Mixin private EngineOptions engine = new EngineOptions();

    @Override
    void run() {
        if (list) {
            for (Experiment each : Experiment.values()) {
                line("%-21s %s  %s", each, each.description(), each.options());
            }
            return;
        }
        check();
        Path folder = workDir != null ? workDir : Path.of(experiment.toString());
        Output out = output(folder, "--work-dir");
        NamesCorpus names = data.names();
        try (NDManager manager = engine.manager()) {
            out.line("%s: %s", experiment.description(), data.describe(names));
            Lab.Choices choices = new Lab.Choices(steps, rate, gain, seed, gradients);
            experiment.lab().run(out, manager, names, choices);
        }
        remarkWithoutPictures(out, workDir);
    }

    private void check() {
        List<String> known = List.of(experiment.options().split(" "));
        for (String option : List.of("--max-steps", "--lr", "--gain", "--seed", "--gradients")) {
            if (!known.contains(option)) {
                String others =
                        experiment.options().isEmpty()
                                ? ", which has no options"
                                : "; " + String.join(", ", known) + " can be given";
                Mistake.ifGiven(spec, "in " + experiment + others, option);
            }
        }
        Mistake.atLeast("--max-steps", Objects.requireNonNullElse(steps, 1), 1);
        Mistake.positive("--lr", Objects.requireNonNullElse(rate, 1.0));
        Mistake.positive("--gain", Objects.requireNonNullElse(gain, 1.0));
    }
}
