/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.djlext.makemore.train.Gradients;
import picocli.CommandLine.Option;

/** The options of the benchmarks that draw how something grows. */
final class GrowthOptions {

    @Option(
            names = "--folder",
            description = "where the pictures go, made if it is missing; default ${DEFAULT-VALUE}")
    private Path folder = Path.of("benchmarks/results");

    @Option(
            names = "--gradients",
            description =
                    "how gradients are computed, one of ${COMPLETION-CANDIDATES}; default"
                            + " ${DEFAULT-VALUE}")
    private Gradients gradients;

    GrowthOptions(Gradients gradients) {
        this.gradients = gradients;
    }

    Gradients gradients() {
        return gradients;
    }

    /** Returns the file of a picture, in a folder that is there. */
    Path picture(String name) throws IOException {
        Files.createDirectories(folder);
        return folder.resolve("growth-" + name + ".png");
    }
}
