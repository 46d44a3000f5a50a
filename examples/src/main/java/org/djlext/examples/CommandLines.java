/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples;

import java.io.PrintWriter;
import org.djlext.makemore.data.DataFileException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/**
 * What all mains share: settings before the engine starts, and what a mistake of the user looks
 * like.
 */
final class CommandLines {

    /** The exit code for a mistake of the user. */
    static final int USAGE = CommandLine.ExitCode.USAGE;

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
        // The engine reads these when it starts. More threads than one slow down networks this
        // small.
        setDefault("ai.djl.pytorch.num_threads", "1");
        setDefault("OPT_OUT_TRACKING", "true");
        commandLine.setParameterExceptionHandler(
                (e, arguments) -> mistake(e.getCommandLine(), e.getMessage()));
        commandLine.setExecutionExceptionHandler(
                (e, failed, parsed) -> {
                    if (e instanceof DataFileException) {
                        return mistake(failed, e.getMessage());
                    }
                    throw e;
                });
        return commandLine.execute(args);
    }

    private static int mistake(CommandLine commandLine, @Nullable String message) {
        PrintWriter err = commandLine.getErr();
        err.println(commandLine.getCommandName() + ": " + message);
        err.flush();
        return USAGE;
    }

    private static void setDefault(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }
}
