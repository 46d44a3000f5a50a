/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.djlext.makemore.gpt.PyTorchGpt;
import org.djlext.makemore.train.SavedModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code makemore gpt export}: writes a trained GPT for the lecture's Python script. */
@Command(
        name = "export",
        description =
                "Writes a trained GPT as safetensors, with the parameter names of the lecture's"
                        + " script.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the spec and the file
public final class GptExportCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Mixin private SavedGptOptions model = new SavedGptOptions();

    @Parameters(paramLabel = "FILE", description = "the file to write, such as gpt.safetensors")
    private Path file;

    /** Creates the command; its options are read by picocli. */
    public GptExportCommand() {}

    @Override
    public Integer call() {
        model.refuseTextOfARun(spec);
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            SavedModel saved = model.load(manager);
            PyTorchGpt.write(saved, file);
            spec.commandLine().getOut().printf("%s is in %s%n", saved.model(), file).flush();
            return 0;
        }
    }
}
