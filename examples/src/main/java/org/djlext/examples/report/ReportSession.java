/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import org.djlext.files.FileFailure;
import org.djlext.makemore.data.DataFileException;
import org.jspecify.annotations.Nullable;

/** A report while its training runs: the server that shows it, and the file that is left of it. */
public final class ReportSession implements AutoCloseable {

    private final TrainingReport report;
    private final PrintWriter out;
    private final @Nullable Path file;
    private final @Nullable ReportServer server;
    private final @Nullable ShutdownHook hook;
    private boolean complete;

    /**
     * Begins.
     *
     * @param report what is told of the training
     * @param out where to say where the report is
     * @param file the file to write
     * @param server the server that shows it
     */
    public ReportSession(
            TrainingReport report,
            PrintWriter out,
            @Nullable Path file,
            @Nullable ReportServer server) {
        this.report = report;
        this.out = out;
        this.file = file;
        this.server = server;
        hook = file == null ? null : new ShutdownHook("report before exit", this::leaveFile);
    }

    /**
     * Writes the file when the process is stopped; a training that can end orderly writes it anew.
     */
    private void leaveFile() {
        try {
            write();
        } catch (DataFileException e) {
            System.err.println(e.getMessage());
        }
    }

    /** {@return what is told of the training} */
    public TrainingReport report() {
        return report;
    }

    /** {@return whether there is a file or a server; if not, nothing needs to be found out} */
    public boolean isOn() {
        return file != null || server != null;
    }

    /** Says that the training has come to its end, and was not stopped. */
    public synchronized void complete() {
        complete = true;
    }

    private synchronized void write() {
        report.end(complete);
        if (file == null) {
            return;
        }
        try {
            ReportPage.write(List.of(report), file);
        } catch (IOException e) {
            throw new DataFileException(
                    "the report cannot be written to " + file + ": " + FileFailure.reason(e));
        }
    }

    /** Writes the file, also of a training that has failed, and ends the server. */
    @Override
    public void close() {
        try {
            write();
            if (file != null) {
                out.println("the report is in " + file);
                out.flush();
            }
        } finally {
            if (hook != null) {
                hook.close(); // or it would say again what has failed
            }
            report.close();
            if (server != null) {
                server.close();
            }
        }
    }
}
