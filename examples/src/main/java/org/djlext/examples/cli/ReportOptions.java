/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import java.io.IOException;
import java.net.BindException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.djlext.examples.report.ReportServer;
import org.djlext.examples.report.ReportSession;
import org.djlext.examples.report.TrainingReport;
import org.djlext.files.FileFailure;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** The options of every command that trains, for a page that shows the training. */
final class ReportOptions {

    private static final int HIGHEST_PORT = 65_535;
    private static final Pattern PLAIN = Pattern.compile("[\\w./:=,@%+-]+");

    @Option(names = "--report", paramLabel = "FILE")
    private @Nullable Path file;

    @Option(names = "--serve", paramLabel = "PORT")
    private @Nullable Integer port;

    /** Tells whether a report is asked for. */
    boolean isGiven() {
        return file != null || port != null;
    }

    /**
     * Starts a report.
     *
     * @param title its heading
     * @param spec the command
     * @return the report, which is off if none of the options is given; closing it writes the file
     */
    ReportSession open(String title, CommandSpec spec) {
        if (file != null) {
            check(file);
        }
        TrainingReport report = new TrainingReport(title);
        report.command(commandLine(spec));
        return new ReportSession(
                report,
                spec.commandLine().getOut(),
                file,
                port == null ? null : serve(report, port, spec));
    }

    /** Refuses a file that no report can be written to. */
    static void check(Path file) {
        String reason = null;
        Path folder = Objects.requireNonNullElse(file.toAbsolutePath().getParent(), file);
        if (!file.toString().endsWith(".html")) {
            // So that no file of names is replaced by a slip.
            reason = "its name must end in .html";
        } else if (Files.isDirectory(file)) {
            reason = "it is a folder";
        } else if (!Files.isDirectory(folder)) {
            reason = "there is no folder " + folder;
        } else if (!Files.isWritable(folder)) {
            reason = "the folder " + folder + " cannot be written to";
        }
        if (reason != null) {
            throw new Mistake("the report cannot be written to " + file + ": " + reason);
        }
    }

    private static ReportServer serve(TrainingReport report, int port, CommandSpec spec) {
        if (port < 0 || port > HIGHEST_PORT) {
            throw new Mistake("--serve must be from 0 to " + HIGHEST_PORT + ", but is " + port);
        }
        try {
            ReportServer server = new ReportServer(report, port);
            spec.commandLine()
                    .getOut()
                    .printf("watch the training at %s, which ends with it%n", server.address());
            spec.commandLine().getOut().flush();
            return server;
        } catch (BindException e) {
            throw new Mistake(
                    "port %d cannot be used (%s); give another to --serve, or 0 for any free one",
                    port, String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw new Mistake(
                    "the training cannot be shown on port " + port + ": " + FileFailure.reason(e));
        }
    }

    /** Returns the line as a shell would take it. */
    private static String commandLine(CommandSpec spec) {
        CommandSpec root = spec.root();
        List<String> arguments = root.commandLine().getParseResult().originalArgs();
        return "java -jar makemore.jar "
                + (root == spec ? spec.name() + " " : "")
                + arguments.stream().map(ReportOptions::quoted).collect(Collectors.joining(" "));
    }

    private static String quoted(String argument) {
        return PLAIN.matcher(argument).matches()
                ? argument
                : "'" + argument.replace("'", "'\\''") + "'";
    }
}
