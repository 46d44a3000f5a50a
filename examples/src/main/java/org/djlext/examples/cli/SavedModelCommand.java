/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import org.djlext.makemore.train.SavedModel;
import picocli.CommandLine.Mixin;

/** A command that works on a trained model. */
abstract class SavedModelCommand extends MakemoreCommand {

    @Mixin final SavedModelOptions model = new SavedModelOptions();

    @Mixin final DataOptions data = new DataOptions();

    @Mixin private EngineOptions engine = new EngineOptions();

    /** Refuses options before the engine starts. */
    void check() {}

    /** Does what the command is for. */
    abstract void run(SavedModel saved, NDManager manager) throws IOException;

    @Override
    final void run() throws IOException {
        check();
        try (NDManager manager = engine.manager()) {
            run(model.load(manager, data), manager);
        }
    }
}
