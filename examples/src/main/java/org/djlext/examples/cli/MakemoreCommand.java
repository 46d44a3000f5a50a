/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.djlext.examples.lecture.Output;
import org.djlext.makemore.train.Evaluation;
import org.djlext.makemore.train.Training;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * What all commands have in common. A {@link Mistake} and what a file lacks end one with code 2.
 */
@Command(mixinStandardHelpOptions = true, resourceBundle = Makemore.HELP)
@SuppressWarnings("NullAway.Init") // picocli sets the spec
abstract class MakemoreCommand implements Callable<Integer> {

    @Spec CommandSpec spec;

    /** Does what the command is for. */
    abstract void run() throws IOException, InterruptedException;

    /** Returns the code with which the process ends. */
    int exitCode() {
        return ExitCode.OK;
    }

    /** Returns where results go. */
    final PrintWriter out() {
        return spec.commandLine().getOut();
    }

    /** Returns where remarks go, which no program that reads the results should see. */
    final PrintWriter err() {
        return spec.commandLine().getErr();
    }

    /** Prints a line of results, alike in all countries, at once. */
    final void line(String format, Object... args) {
        output(null, "").line(format, args);
        out().flush();
    }

    /** Returns the loss of all training examples, which a run may not have evaluated at its end. */
    static double trainLoss(Training run, Training.Evaluated last) {
        return Double.isNaN(last.train())
                ? Evaluation.loss(run.manager(), run.saved().model(), run.train())
                : last.train();
    }

    /**
     * Returns where an example prints and draws.
     *
     * @param folder takes the pictures, and is made with the first of them; null for none
     * @param option the option that names another folder
     */
    final Output output(@Nullable Path folder, String option) {
        if (folder != null) {
            Path there = folder.toAbsolutePath();
            while (!Files.exists(there) && there.getParent() != null) {
                there = there.getParent();
            }
            if (!Files.isDirectory(there) || !Files.isWritable(there)) {
                throw new Mistake(
                        "the folder for pictures, %s, cannot be %s; try another %s",
                        folder, Files.isDirectory(folder) ? "written to" : "made", option);
            }
        }
        return new Output(out(), folder);
    }

    /** Says that a folder was given for pictures, but there was none to draw. */
    final void remarkWithoutPictures(Output output, @Nullable Path folder) {
        if (folder != null && !output.hasDrawn()) {
            CommandLines.remark(spec, "there was no picture to draw into " + folder);
        }
    }

    @Override
    public final Integer call() throws IOException, InterruptedException {
        run();
        out().flush();
        err().flush();
        return exitCode();
    }
}
