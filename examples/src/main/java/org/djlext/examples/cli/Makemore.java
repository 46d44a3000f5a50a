/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.util.List;
import java.util.function.Predicate;
import org.djlext.examples.report.Versions;
import picocli.CommandLine;
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
        mixinStandardHelpOptions = true,
        versionProvider = Makemore.Version.class,
        resourceBundle = Makemore.HELP)
@SuppressWarnings("NullAway.Init") // picocli sets the spec
public final class Makemore implements Runnable {

    /** The file with what --help says. */
    static final String HELP = "org.djlext.examples.cli.help";

    private static final List<Class<? extends MakemoreCommand>> COMMANDS =
            List.of(
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
                    CompletionCommand.class);

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
     * Returns the command line with all commands.
     *
     * @return the command line
     */
    public static CommandLine commandLine() {
        return commandLine(command -> true);
    }

    /**
     * Returns the command line for some arguments. To find the options of all commands takes longer
     * than anything else that --help does, so a command that is not among the arguments has a name
     * and a description alone.
     */
    static CommandLine commandLine(String... args) {
        List<String> words = List.of(args);
        return words.contains("completion") ? commandLine() : commandLine(words::contains);
    }

    private static CommandLine commandLine(Predicate<String> isWhole) {
        CommandLine makemore = new CommandLine(new Makemore());
        for (Class<? extends MakemoreCommand> type : COMMANDS) {
            String name = type.getAnnotation(Command.class).name();
            if (isWhole.test(name)) {
                makemore.addSubcommand(type);
            } else {
                CommandSpec described = CommandSpec.create().name(name);
                makemore.addSubcommand(name, described.resourceBundleBaseName(HELP));
            }
        }
        return makemore;
    }

    /**
     * The main.
     *
     * @param args the command and its options
     */
    public static void main(String[] args) {
        Utf8Locale.ensure(args);
        System.exit(CommandLines.executeInProcess(() -> commandLine(args), args));
    }
}
