/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Path;
import org.djlext.makemore.data.Vocabulary;
import org.djlext.makemore.gpt.PyTorchGpt;
import org.djlext.makemore.train.SavedModel;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A command that works on a trained model. */
abstract class SavedModelCommand extends MakemoreCommand {

    /** The ways to say where the model is. */
    static final class Place {
        @Option(names = "--work-dir", paramLabel = "DIR")
        private @Nullable Path folder;

        @Option(names = "--checkpoint", paramLabel = "FILE")
        private @Nullable Path file;

        @Option(names = "--safetensors", paramLabel = "FILE")
        private @Nullable Path safetensors;
    }

    @ArgGroup private Place place = new Place();

    @Mixin final DataOptions data = new DataOptions();

    @Mixin private EngineOptions engine = new EngineOptions();

    private @Nullable Vocabulary given; // of the data, for a file that may not know its own

    /** Refuses options before the engine starts. */
    void check() {}

    /** Does what the command is for. */
    abstract void run(SavedModel saved, NDManager manager) throws IOException;

    @Override
    final void run() throws IOException {
        check();
        try (NDManager manager = engine.manager()) {
            run(load(manager), manager);
        }
    }

    /** Returns the file of the model. */
    final Path file() {
        if (place.safetensors != null) {
            return place.safetensors;
        }
        if (place.file != null) {
            return place.file;
        }
        return RunFolder.model(place.folder != null ? place.folder : Path.of("runs", "mlp-bn"));
    }

    /** Refuses data, unless a file of PyTorch's needed them to know its characters. */
    final void refuseUnusedData(SavedModel saved, String where) {
        if (saved.vocabulary() != given) {
            data.refuse(where + ", whose model knows its characters");
        }
    }

    /** Loads the model; one of PyTorch's may need the data to know its characters. */
    private SavedModel load(NDManager manager) {
        if (place.safetensors == null) {
            return SavedModel.load(file(), manager);
        }
        given = data.isGiven() ? data.corpus(true).vocabulary() : null;
        return PyTorchGpt.read(file(), manager, given);
    }
}
