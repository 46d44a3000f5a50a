/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.ndarray.NDManager;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.data.NamesCorpus;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.sample.Novelty;
import org.djlext.makemore.sample.Sampler;
import org.djlext.makemore.sample.SamplerSettings;
import org.djlext.makemore.train.SavedModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code makemore sample}: draws names from a trained model. */
@Command(
        name = "sample",
        description = "Draws names from a trained model.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the spec
public final class SampleCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Mixin private SavedModelOptions model = new SavedModelOptions();

    @Mixin private DataOptions data = new DataOptions();

    @Option(
            names = "--count",
            defaultValue = "20",
            description = "how many names, default ${DEFAULT-VALUE}")
    private int count = 20;

    @Option(
            names = "--temperature",
            defaultValue = "1",
            description =
                    "below 1 for likelier names, above for stranger; default ${DEFAULT-VALUE}")
    private double temperature = 1;

    @Option(
            names = "--top-k",
            defaultValue = "0",
            description = "draw from so many of the likeliest characters, default all")
    private int topK;

    @Option(
            names = "--prefix",
            defaultValue = "",
            description = "what every name starts with, default nothing")
    private String prefix = "";

    @Option(
            names = "--seed",
            defaultValue = "2147483657",
            description = "the seed, default ${DEFAULT-VALUE}, the lecture's 2147483647 + 10")
    private long seed = 2147483657L;

    @Option(
            names = "--one-by-one",
            description =
                    "draw in the order of the lectures, which gives the lectures' names; slower")
    private boolean oneByOne;

    @Mixin private EngineOptions engine = new EngineOptions();

    /** Creates the command; its options are read by picocli. */
    public SampleCommand() {}

    @Override
    public Integer call() {
        SamplerSettings settings = settings();
        PrintWriter out = spec.commandLine().getOut();
        try (NDManager manager = engine.manager(spec)) {
            SavedModel saved = SavedModel.load(model.file(), manager);
            Sampler sampler = new Sampler(manager, saved.model(), saved.vocabulary());
            TorchGenerator generator = new TorchGenerator(seed);
            List<String> names =
                    oneByOne
                            ? sampler.oneByOne(generator, count, settings)
                            : generator.stream().run(() -> sampler.sample(count, settings));
            names.forEach(out::println);
            out.println();
            out.println(novelty(names, saved));
            out.flush();
            return 0;
        }
    }

    private String novelty(List<String> names, SavedModel saved) {
        NamesCorpus corpus;
        try {
            corpus = data.corpus(saved);
        } catch (DataFileException e) {
            return e.getMessage() + " to see how many of these are new";
        }
        return saved.isTrainedOn(corpus)
                ? Novelty.of(names, corpus.split()).toString()
                : "the model was trained on other names; give them with --data to see how many of"
                        + " these are new";
    }

    private SamplerSettings settings() {
        if (count < 0) {
            throw mistake("--count must be at least 0, but is " + count);
        }
        try {
            return SamplerSettings.builder()
                    .temperature(temperature)
                    .topK(topK)
                    .prefix(prefix)
                    .build();
        } catch (IllegalArgumentException e) {
            throw mistake(String.valueOf(e.getMessage()));
        }
    }

    private ParameterException mistake(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
