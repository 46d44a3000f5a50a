/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples;

import java.io.PrintWriter;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.train.CheckpointException;
import org.djlext.makemore.train.TrainingException;
import org.djlext.reference.ReferenceException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/**
 * What all mains share: settings before the engine starts, and what a mistake of the user looks
 * like.
 */
final class CommandLines {

    /** The exit code for a mistake of the user. */
    static final int USAGE = CommandLine.ExitCode.USAGE;

    // Some of picocli's messages say what the name of the command before them says already.
    private static final String PICOCLI_PREFIX = "Error: ";

    private CommandLines() {}

    /**
     * Runs a command.
     *
     * @return the exit code: 0, or 2 after one sentence on a mistake of the user, or 1 after a
     *     stack trace for anything else
     */
    static int execute(Object command, String... args) {
        return execute(new CommandLine(command), args);
    }

    /** Runs a command whose output is redirected. */
    static int execute(CommandLine commandLine, String... args) {
        // The engine reads these when it starts. Networks as small as these are slower on two
        // threads.
        setDefault("ai.djl.pytorch.num_threads", "1");
        setDefault("OPT_OUT_TRACKING", "true");
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.setParameterExceptionHandler(
                (e, arguments) -> mistake(e.getCommandLine(), e.getMessage()));
        commandLine.setExecutionExceptionHandler(
                (e, failed, parsed) -> {
                    if (e instanceof DataFileException
                            || e instanceof ReferenceException
                            || e instanceof CheckpointException
                            || e instanceof TrainingException) {
                        return mistake(failed, e.getMessage());
                    }
                    if (e instanceof UnsupportedOperationException) {
                        // Not a mistake, but a platform that lacks something; it says what to do.
                        mistake(failed, e.getMessage());
                        return CommandLine.ExitCode.SOFTWARE;
                    }
                    throw e;
                });
        try (SafeExit exit = new SafeExit()) {
            return commandLine.execute(args);
        }
    }

    private static int mistake(CommandLine commandLine, @Nullable String message) {
        PrintWriter err = commandLine.getErr();
        String text = String.valueOf(message);
        err.println(
                commandLine.getCommandName()
                        + ": "
                        + (text.startsWith(PICOCLI_PREFIX)
                                ? text.substring(PICOCLI_PREFIX.length())
                                : text));
        err.flush();
        return USAGE;
    }

    private static void setDefault(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }
}
