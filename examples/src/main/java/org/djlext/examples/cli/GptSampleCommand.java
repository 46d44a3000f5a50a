/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.ndarray.NDManager;
import java.util.concurrent.Callable;
import org.djlext.makemore.sample.Sampler;
import org.djlext.makemore.sample.SamplerSettings;
import org.djlext.makemore.train.SavedModel;
import org.djlext.torch.RandomState;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code makemore gpt sample}: lets a trained GPT write. */
@Command(
        name = "sample",
        description = "Lets a trained GPT go on with a prompt, character by character.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the spec
public final class GptSampleCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Mixin private SavedGptOptions model = new SavedGptOptions();

    @Option(
            names = "--prompt",
            defaultValue = "",
            description = "what to go on from, default a line end")
    private String prompt = "";

    @Option(
            names = "--length",
            defaultValue = "500",
            description = "how many characters, default ${DEFAULT-VALUE}")
    private int length = 500;

    @Option(
            names = "--temperature",
            defaultValue = "1",
            description =
                    "below 1 for likelier text, above for stranger, 0 for the likeliest; default"
                            + " ${DEFAULT-VALUE}")
    private double temperature = 1;

    @Option(
            names = "--top-k",
            defaultValue = "0",
            description = "draw from so many of the likeliest characters, default all")
    private int topK;

    @Option(
            names = "--top-p",
            defaultValue = "1",
            description =
                    "draw from the likeliest characters whose probabilities reach this sum,"
                            + " default all")
    private double topP = 1;

    @Option(
            names = "--window",
            defaultValue = "slide",
            description =
                    "what is seen of a text longer than the block size: slide (default), always"
                            + " the last characters, as in the lecture; or jump, which forgets the"
                            + " older half whenever it is full, and is faster")
    private SamplerSettings.Window window = SamplerSettings.Window.SLIDE;

    @Option(names = "--no-cache", description = "compute all keys and values for each character")
    private boolean noCache;

    @Option(
            names = "--seed",
            defaultValue = "1337",
            description = "the seed, default ${DEFAULT-VALUE}, the lecture's")
    private long seed = 1337;

    @Mixin private EngineOptions engine = new EngineOptions();

    /** Creates the command; its options are read by picocli. */
    public GptSampleCommand() {}

    @Override
    public Integer call() {
        SamplerSettings settings = settings();
        model.refuseTextOfARun(spec);
        try (NDManager manager = engine.manager(spec)) {
            SavedModel saved = model.load(manager);
            RandomState.seed(seed);
            Sampler sampler = new Sampler(manager, saved.model(), saved.vocabulary());
            GptText.print(sampler, prompt, settings, spec.commandLine().getOut());
            return 0;
        }
    }

    private SamplerSettings settings() {
        try {
            return SamplerSettings.builder()
                    .temperature(temperature)
                    .topK(topK)
                    .topP(topP)
                    .prefix(prompt)
                    .length(length)
                    .window(window)
                    .cache(!noCache)
                    .build();
        } catch (IllegalArgumentException e) {
            throw mistake(String.valueOf(e.getMessage()));
        }
    }

    private ParameterException mistake(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
