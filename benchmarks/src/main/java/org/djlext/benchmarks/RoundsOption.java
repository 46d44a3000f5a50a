/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The option of the benchmarks whose sides take turns. */
@SuppressWarnings("NullAway.Init") // picocli sets the spec
final class RoundsOption {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    private int count = 7;

    @Option(
            names = "--rounds",
            defaultValue = "7",
            description = "how many rounds, default ${DEFAULT-VALUE}")
    void setCount(int count) {
        if (count < 1) {
            throw new ParameterException(
                    spec.commandLine(), "--rounds must be at least 1, but is " + count);
        }
        this.count = count;
    }

    int count() {
        return count;
    }
}
