/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import org.djlext.makemore.sample.SamplerSettings;
import picocli.CommandLine.Option;

/**
 * The options that say how a model is drawn from, alike in all commands that sample. They are
 * described here, as programs with a help of their own have them too.
 */
public final class SamplingOptions {

    @Option(
            names = "--temperature",
            paramLabel = "X",
            description =
                    "below 1 for the likelier, above for the stranger, 0 for the likeliest;"
                            + " default ${DEFAULT-VALUE}")
    private double temperature = 1;

    @Option(
            names = "--top-k",
            paramLabel = "N",
            description = "draw from so many of the likeliest characters, default all")
    private int topK;

    @Option(
            names = "--top-p",
            paramLabel = "X",
            description =
                    "draw from the likeliest characters whose probabilities reach this sum,"
                            + " default all")
    private double topP = 1;

    @Option(
            names = "--prefix",
            paramLabel = "TEXT",
            description = "what each starts with, default nothing")
    private String prefix = "";

    /** Creates the options; picocli reads them. */
    public SamplingOptions() {}

    /**
     * Returns the settings, to which a command may add.
     *
     * @return what is given, and the defaults for the rest
     * @throws IllegalArgumentException if an option has a value that makes no sense
     */
    public SamplerSettings settings() {
        return SamplerSettings.PLAIN.temperature(temperature).topK(topK).topP(topP).prefix(prefix);
    }

    String prefix() {
        return prefix;
    }
}
