/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import ai.djl.engine.EngineException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.util.List;
import java.util.function.Supplier;
import org.djlext.distributed.DistributedException;
import org.djlext.examples.report.ShutdownHook;
import org.djlext.files.FileFailure;
import org.djlext.makemore.data.MakemoreException;
import org.djlext.makemore.launch.LocalRanks;
import org.djlext.makemore.model.MemoryEstimate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * What all mains share: settings before the engine starts, and what a mistake of the user looks
 * like.
 */
public final class CommandLines {

    /** The property by which the engine is told a number of threads when it starts. */
    static final String THREADS = "ai.djl.pytorch.num_threads";

    /** The exit code for a mistake of the user. */
    static final int USAGE = CommandLine.ExitCode.USAGE;

    private static final int ABANDONED = 128 + 13; // as of a process that SIGPIPE has ended

    // Some of picocli's messages say what the name of the command before them says already.
    private static final String PICOCLI_PREFIX = "Error: ";

    private static final long MIB = 1 << 20;
    private static final int LONGEST = 2000; // characters of a message, more than any has to have

    private CommandLines() {}

    /**
     * Runs a command.
     *
     * @param commandLine the command, whose output may be redirected
     * @param args its arguments
     * @return the exit code: 0, or 2 after one sentence on a mistake of the user, or 1 after a
     *     stack trace for anything else
     */
    public static int execute(CommandLine commandLine, String... args) {
        prepareEngine();
        ArgumentTypes.register(commandLine);
        commandLine.setUsageHelpAutoWidth(true);
        commandLine.setParameterExceptionHandler(
                (e, arguments) -> mistake(e.getCommandLine(), e.getMessage() + suggestion(e)));
        commandLine.setExecutionExceptionHandler(
                (e, failed, parsed) -> {
                    if (e instanceof MakemoreException) {
                        return mistake(failed, e.getMessage());
                    }
                    if (e instanceof EngineException
                            && e.getCause() instanceof IOException failure) {
                        return mistake(
                                failed,
                                "the engine cannot be unpacked ("
                                        + unusable(failure)
                                        + "); name another folder in DJL_CACHE_DIR");
                    }
                    Throwable reason = e instanceof UncheckedIOException ? e.getCause() : e;
                    if (reason instanceof IOException failure) {
                        return mistake(failed, unusable(failure));
                    }
                    if (e instanceof DistributedException) {
                        mistake(failed, e.getMessage());
                        return LocalRanks.LOST_ANOTHER;
                    }
                    if (e instanceof UnsupportedOperationException) {
                        // Not a mistake, but a platform that lacks something; it says what to do.
                        mistake(failed, e.getMessage());
                        return CommandLine.ExitCode.SOFTWARE;
                    }
                    if (MemoryEstimate.isExhausted(e)) {
                        return mistake(
                                failed,
                                "the device has too little memory; take a smaller model, block size"
                                        + " or batch size");
                    }
                    throw e;
                });
        try (ShutdownHook exit = SafeExit.hook()) {
            return commandLine.execute(args);
        } catch (OutOfMemoryError e) {
            return mistake(
                    commandLine,
                    "this takes more memory than the "
                            + Runtime.getRuntime().maxMemory() / MIB
                            + " MiB that java has; start it with a larger -Xmx, or give less");
        }
    }

    /**
     * Runs the command of this process, whose standard output is UTF-8; what of it is lost, for
     * example because the disk is full, is an error.
     *
     * @param command makes the command; what is made earlier prints to the standard output of then
     * @param args its arguments
     * @return the exit code
     */
    static int executeInProcess(Supplier<CommandLine> command, String... args) {
        StandardOutput output = StandardOutput.install();
        CommandLine commandLine =
                command.get()
                        .setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8))
                        .setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8));
        int code = execute(commandLine, args);
        commandLine.getOut().flush();
        System.out.flush();
        if (output.isAbandoned()) {
            return ABANDONED;
        }
        IOException failure = output.failure();
        if (failure != null) {
            return mistake(
                    commandLine,
                    "standard output cannot be written: " + FileFailure.reason(failure));
        }
        return code;
    }

    /** Says which file cannot be used, and why. */
    private static String unusable(IOException failure) {
        String file = failure instanceof FileSystemException of ? of.getFile() : null;
        return (file == null ? "a file" : file)
                + " cannot be read or written: "
                + FileFailure.reason(failure);
    }

    /** Says what was probably meant by an option or a command that does not exist. */
    private static String suggestion(ParameterException e) {
        if (e instanceof UnmatchedArgumentException unmatched) {
            List<String> suggestions = unmatched.getSuggestions();
            if (!suggestions.isEmpty()) {
                return "; did you mean " + suggestions.get(0) + "?";
            }
        }
        return "";
    }

    private static int mistake(CommandLine commandLine, @Nullable String message) {
        String text = String.valueOf(message);
        remark(
                commandLine.getCommandSpec(),
                printable(
                        text.startsWith(PICOCLI_PREFIX)
                                ? text.substring(PICOCLI_PREFIX.length())
                                : text));
        return USAGE;
    }

    /**
     * Says something that no program which reads the results should see, and which command does.
     */
    static void remark(CommandSpec command, String sentence) {
        PrintWriter err = command.commandLine().getErr();
        err.println(command.qualifiedName() + ": " + sentence);
        err.flush();
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

    /**
     * Gives the engine one thread, and lets it report nothing about its use, unless the properties
     * of the JVM say something else. The engine reads these when it starts.
     */
    public static void prepareEngine() {
        // Networks as small as these are slower on two threads, and threads that wait for each
        // other do so at full speed.
        setDefault(THREADS, "1");
        setDefault("OPT_OUT_TRACKING", "true");
    }

    private static void setDefault(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }
}
