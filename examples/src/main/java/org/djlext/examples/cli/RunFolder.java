/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.nio.file.Files;
import java.nio.file.Path;

/** The files of a training run, and what training refuses to do with them. */
final class RunFolder {

    /** The file with the run as it was last saved. */
    static final String LAST = "last.safetensors";

    /** The file with the run as it was at its lowest dev or validation loss. */
    static final String BEST = "best.safetensors";

    private RunFolder() {}

    /** Returns the file with the best model, or the last if none was the best yet. */
    static Path model(Path folder) {
        Path best = folder.resolve(BEST);
        return Files.exists(best) ? best : folder.resolve(LAST);
    }

    /** Refuses a folder that has a run. */
    static void refuseToReplace(Path folder) {
        if (Files.exists(folder.resolve(LAST)) || Files.exists(folder.resolve(BEST))) {
            throw new Mistake(
                    "%s has a run already; resume it by --resume, replace it by --overwrite, or"
                            + " give another --work-dir",
                    folder);
        }
    }
}
