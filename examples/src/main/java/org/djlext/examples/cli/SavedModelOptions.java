/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import org.djlext.makemore.data.Vocabulary;
import org.djlext.makemore.gpt.PyTorchGpt;
import org.djlext.makemore.train.SavedModel;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** The options that choose a trained model. */
final class SavedModelOptions {

    /** The ways to say where it is. */
    static final class Place {
        @Option(
                names = "--work-dir",
                paramLabel = "DIR",
                description = "the folder of a run, default runs/mlp-bn; its best model is taken")
        @Nullable Path folder;

        @Option(names = "--checkpoint", paramLabel = "FILE", description = "a checkpoint of a run")
        @Nullable Path file;

        @Option(
                names = "--safetensors",
                paramLabel = "FILE",
                description =
                        "a gpt with the names of the lecture's script; if it was not written by"
                                + " export, give its text too")
        @Nullable Path safetensors;
    }

    @ArgGroup private @Nullable Place place;

    /** Returns the file. */
    Path file() {
        if (place != null && place.safetensors != null) {
            return place.safetensors;
        }
        if (place != null && place.file != null) {
            return place.file;
        }
        return RunFolder.model(
                place != null && place.folder != null ? place.folder : Path.of("runs", "mlp-bn"));
    }

    /** Loads the model; one of PyTorch's may need the data to know its characters. */
    SavedModel load(NDManager manager, DataOptions data) {
        if (place == null || place.safetensors == null) {
            return SavedModel.load(file(), manager);
        }
        Vocabulary given = data.isGiven() ? data.corpus(true).vocabulary() : null;
        return PyTorchGpt.read(place.safetensors, manager, given);
    }
}
