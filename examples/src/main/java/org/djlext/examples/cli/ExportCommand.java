/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.djlext.files.FileFailure;
import org.djlext.makemore.gpt.PyTorchGpt;
import org.djlext.makemore.train.SavedModel;
import org.djlext.makemore.zoo.SavedModelFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code makemore export}: a trained model for PyTorch, or for DJL. */
@Command(name = "export")
final class ExportCommand extends SavedModelCommand {

    @Parameters(paramLabel = "TARGET", descriptionKey = "TARGET")
    private Path target = Path.of("");

    @Override
    void run(SavedModel saved, NDManager manager) throws IOException {
        refuseUnusedData(saved, "in export");
        if (target.toString().endsWith(".safetensors")) {
            RunFolder.refuseCheckpoint(target);
            PyTorchGpt.write(saved, target);
        } else {
            try {
                Files.createDirectories(target);
            } catch (IOException e) {
                throw new Mistake(
                        "the folder %s cannot be made: %s", target, FileFailure.reason(e));
            }
            if (RunFolder.hasRun(target)) {
                throw new Mistake("%s has a model already; give another folder", target);
            }
            saved.write(target.resolve(RunFolder.BEST));
            SavedModelFactory.describe(target);
        }
        line("%s is in %s", saved.model(), target);
    }
}
