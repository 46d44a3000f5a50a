/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.gpt.PyTorchGpt;
import org.djlext.makemore.train.SavedModel;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Which trained GPT a command works with, and on which text. */
final class SavedGptOptions {

    /** Where the model is. */
    static final class Source {
        @Option(
                names = "--work-dir",
                paramLabel = "DIR",
                description =
                        "the folder of a run, default "
                                + GptTrainCommand.FOLDER
                                + "; the model with the lowest validation loss is taken")
        @Nullable Path folder;

        @Option(names = "--checkpoint", paramLabel = "FILE", description = "a checkpoint of a run")
        @Nullable Path checkpoint;

        @Option(
                names = "--safetensors",
                paramLabel = "FILE",
                description =
                        "a model with the names of the lecture's script; if it was not written by"
                                + " gpt export, give its text too")
        @Nullable Path safetensors;
    }

    @ArgGroup private @Nullable Source source;

    @Mixin private TextOptions text = new TextOptions();

    /** Loads the model. */
    SavedModel load(NDManager manager) {
        if (source != null && source.safetensors != null) {
            return PyTorchGpt.read(
                    source.safetensors,
                    manager,
                    text.isGiven() ? CharVocabulary.ofText(text.text()) : null);
        }
        return SavedModel.load(file(), manager);
    }

    private Path file() {
        if (source != null && source.checkpoint != null) {
            return source.checkpoint;
        }
        Path folder =
                source != null && source.folder != null
                        ? source.folder
                        : Path.of(GptTrainCommand.FOLDER);
        return RunFolder.model(folder);
    }

    /** Refuses a text for a model that has its vocabulary. */
    void refuseTextOfARun(CommandSpec spec) {
        if (text.isGiven() && (source == null || source.safetensors == null)) {
            throw new ParameterException(
                    spec.commandLine(),
                    text.option()
                            + " goes with --safetensors alone, because a run has its vocabulary in"
                            + " its checkpoint; leave it out");
        }
    }

    /** Returns the text that was asked for. */
    TextOptions text() {
        return text;
    }
}
