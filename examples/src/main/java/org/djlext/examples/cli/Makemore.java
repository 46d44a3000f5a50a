/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import org.djlext.examples.exercise.ExerciseCommand;
import org.djlext.examples.report.Versions;
import org.djlext.examples.verify.VerifyCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The {@code makemore} command line.
 *
 * <pre>{@code java -jar examples/target/makemore.jar ninja --max-steps 10000}</pre>
 */
@Command(
        name = "makemore",
        description = "The lectures of \"Neural Networks: Zero to Hero\" on Deep Java Library.",
        subcommands = {
            TrainCommand.class,
            LaunchCommand.class,
            SampleCommand.class,
            EvalCommand.class,
            ExportCommand.class,
            LadderCommand.class,
            LearningRateCommand.class,
            DiagnoseCommand.class,
            PlotCommand.class,
            ReportCommand.class,
            NinjaCommand.class,
            MicrogradCommand.class,
            BigramCommand.class,
            VerifyCommand.class,
            ExerciseCommand.class,
            CompletionCommand.class
        },
        mixinStandardHelpOptions = true,
        versionProvider = Makemore.Version.class)
@SuppressWarnings("NullAway.Init") // picocli sets the spec
public final class Makemore implements Runnable {

    /** Says the version of the artifact. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"makemore " + Versions.project()};
        }
    }

    @Spec private CommandSpec spec;

    /** Creates the command; its options are read by picocli. */
    public Makemore() {}

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "a command is needed, one of "
                        + String.join(", ", spec.subcommands().keySet())
                        + "; makemore --help describes them");
    }

    /**
     * The main.
     *
     * @param args the command and its options
     */
    public static void main(String[] args) {
        Utf8Locale.ensure(args);
        System.exit(CommandLines.executeInProcess(new Makemore(), args));
    }
}
