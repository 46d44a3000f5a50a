/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The folder that a command draws into. */
final class PictureFolder {

    private PictureFolder() {}

    /**
     * Makes the folder, or answers that it cannot be written to.
     *
     * @param option the option that names another folder
     */
    static Path prepare(Path folder, String option) {
        String what;
        try {
            Files.createDirectories(folder);
            if (Files.isWritable(folder)) {
                return folder;
            }
            what = "written to";
        } catch (IOException e) {
            what = "made";
        }
        throw new Mistake(
                "the folder for pictures, "
                        + folder
                        + ", cannot be "
                        + what
                        + "; try another "
                        + option);
    }
}
