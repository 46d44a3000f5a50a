/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** The options that choose a trained model. */
final class SavedModelOptions {

    /** The two ways to say where it is. */
    static final class Place {
        @Option(
                names = "--work-dir",
                paramLabel = "DIR",
                description = "the folder of a run, default runs/mlp-bn; its best model is taken")
        @Nullable Path folder;

        @Option(names = "--checkpoint", paramLabel = "FILE", description = "a checkpoint of a run")
        @Nullable Path file;
    }

    @ArgGroup private @Nullable Place place;

    /** Returns the checkpoint. */
    Path file() {
        if (place != null && place.file != null) {
            return place.file;
        }
        Path folder =
                place != null && place.folder != null ? place.folder : Path.of("runs", "mlp-bn");
        return RunFolder.model(folder);
    }
}
