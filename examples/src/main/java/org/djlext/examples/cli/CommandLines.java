/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.io.PrintWriter;
import org.djlext.examples.verify.ReferenceException;
import org.djlext.makemore.data.DataFileException;
import org.djlext.makemore.sample.NotFiniteException;
import org.djlext.makemore.train.CheckpointException;
import org.djlext.makemore.train.TrainingException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/**
 * What all mains share: settings before the engine starts, and what a mistake of the user looks
 * like.
 */
public final class CommandLines {

    /** The exit code for a mistake of the user. */
    static final int USAGE = CommandLine.ExitCode.USAGE;

    // Some of picocli's messages say what the name of the command before them says already.
    private static final String PICOCLI_PREFIX = "Error: ";

    private static final long MIB = 1 << 20;
    private static final int LONGEST = 2000; // characters of a message, more than any has to have

    private CommandLines() {}

    /**
     * Runs a command.
     *
     * @param command the command
     * @param args its arguments
     * @return the exit code: 0, or 2 after one sentence on a mistake of the user, or 1 after a
     *     stack trace for anything else
     */
    public static int execute(Object command, String... args) {
        return execute(new CommandLine(command), args);
    }

    /**
     * Runs a command whose output may be redirected.
     *
     * @param commandLine the command
     * @param args its arguments
     * @return the exit code, as of {@link #execute(Object, String...)}
     */
    public static int execute(CommandLine commandLine, String... args) {
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
                            || e instanceof NotFiniteException
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
        } catch (OutOfMemoryError e) {
            return mistake(
                    commandLine,
                    "this takes more memory than the "
                            + Runtime.getRuntime().maxMemory() / MIB
                            + " MiB that java has; start it with a larger -Xmx, or give less");
        }
    }

    private static int mistake(CommandLine commandLine, @Nullable String message) {
        PrintWriter err = commandLine.getErr();
        String text = String.valueOf(message);
        err.println(
                commandLine.getCommandName()
                        + ": "
                        + printable(
                                text.startsWith(PICOCLI_PREFIX)
                                        ? text.substring(PICOCLI_PREFIX.length())
                                        : text));
        err.flush();
        return USAGE;
    }

    /** Returns a text that may quote any file as one line that a terminal takes for text. */
    private static String printable(String text) {
        StringBuilder line = new StringBuilder();
        for (char c : text.substring(0, Math.min(text.length(), LONGEST)).toCharArray()) {
            boolean control = Character.isISOControl(c) || c == '\u2028' || c == '\u2029';
            line.append(control ? String.format("\\u%04x", (int) c) : String.valueOf(c));
        }
        return line + (text.length() > LONGEST ? "..." : "");
    }

    private static void setDefault(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }
}
