/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.djlext.examples.exercise.Exercise;
import org.djlext.files.FileFailure;
import org.djlext.files.OutputFile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code makemore exercise}: writes a folder with an exercise to solve. */
@Command(name = "exercise")
final class ExerciseCommand extends MakemoreCommand {

    @Parameters(index = "0", paramLabel = "NAME", descriptionKey = "NAME")
    private Exercise exercise = Exercise.MICROGRAD;

    @Parameters(index = "1", arity = "0..1", paramLabel = "FOLDER", descriptionKey = "FOLDER")
    private @Nullable Path folder;

    @Option(names = "--overwrite")
    private boolean overwrite;

    @Override
    void run() {
        Path target = folder != null ? folder : Path.of("exercise-" + exercise);
        if (Files.exists(target) && !overwrite) {
            throw new Mistake(
                    "%s is there already; give another folder, or --overwrite to start anew",
                    target);
        }
        Path jar = jar();
        Map<String, String> files = exercise.files(jar.toString());
        files.forEach((name, text) -> write(target.resolve(name), text));
        Path program = target.resolve(exercise.program());
        Path here = Path.of("").toAbsolutePath();
        line(
                "the exercise is in %s; write the first gradient in%n  %s%nand run it with%n"
                        + "  java -cp %s %s",
                target, program, jar.startsWith(here) ? here.relativize(jar) : jar, program);
    }

    private static void write(Path file, String text) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            OutputFile.writeString(file, text);
        } catch (IOException e) {
            throw new Mistake("%s cannot be written: %s", file, FileFailure.reason(e));
        }
    }

    /** Returns where this class is: makemore.jar, or the classes of a build. */
    private static Path jar() {
        try {
            return Path.of(
                    ExerciseCommand.class
                            .getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
