/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.exercise;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.djlext.files.FileFailure;
import org.djlext.files.OutputFile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code makemore exercise}: writes a folder with an exercise to solve. */
@Command(
        name = "exercise",
        description = "Starts an exercise: gradients to work out by hand, each checked at once.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the spec and the exercise
public final class ExerciseCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "NAME",
            description = "micrograd (lecture 1, 17 gradients) or ninja (lecture 5, 26 gradients)")
    private Exercise exercise;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "FOLDER",
            description = "where it is written, default exercise-NAME")
    private @Nullable Path folder;

    @Option(names = "--overwrite", description = "start anew: replace what was written there")
    private boolean overwrite;

    /** Creates the command; its options are read by picocli. */
    public ExerciseCommand() {}

    @Override
    public Integer call() {
        Path target = folder != null ? folder : Path.of("exercise-" + exercise);
        if (Files.exists(target) && !overwrite) {
            throw new ParameterException(
                    spec.commandLine(),
                    target
                            + " is there already; give another folder, or --overwrite to start anew");
        }
        Path jar = jar();
        for (Map.Entry<String, String> file : exercise.files(jar.toString()).entrySet()) {
            write(target.resolve(file.getKey()), file.getValue());
        }
        PrintWriter out = spec.commandLine().getOut();
        out.println("the exercise is in " + target + "; write the first gradient in");
        out.println("  " + target.resolve(exercise.program()));
        out.println("and run it with");
        Path here = Path.of("").toAbsolutePath();
        Path near = jar.startsWith(here) ? here.relativize(jar) : jar;
        out.println("  java -cp " + near + " " + target.resolve(exercise.program()));
        out.flush();
        return 0;
    }

    private void write(Path file, String text) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            OutputFile.writeString(file, text);
        } catch (IOException e) {
            throw new ParameterException(
                    spec.commandLine(), file + " cannot be written: " + FileFailure.reason(e));
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
