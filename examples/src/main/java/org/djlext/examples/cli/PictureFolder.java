/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** The folder that a command draws into. */
final class PictureFolder {

    private PictureFolder() {}

    /**
     * Makes the folder, or answers that it cannot be written to.
     *
     * @param option the option that names another folder
     */
    static Path prepare(Path folder, String option, CommandSpec spec) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw mistake(folder, "made", option, spec);
        }
        if (!Files.isWritable(folder)) {
            throw mistake(folder, "written to", option, spec);
        }
        return folder;
    }

    private static ParameterException mistake(
            Path folder, String what, String option, CommandSpec spec) {
        return new ParameterException(
                spec.commandLine(),
                "the folder for pictures, "
                        + folder
                        + ", cannot be "
                        + what
                        + "; try another "
                        + option);
    }
}
