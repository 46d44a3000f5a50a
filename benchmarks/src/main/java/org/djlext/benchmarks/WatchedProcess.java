/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A child process whose resident memory is read many times a second, from a line that says it has
 * warmed up until one that says its work is done.
 */
final class WatchedProcess {

    private static final int MILLIS_BETWEEN_SAMPLES = 50;
    private static final int LINES_OF_A_FAILURE = 5;

    private final ProcessBuilder command;
    private final Pattern firstLine;
    private final Pattern lastLine;
    private final List<String> lines = new ArrayList<>(); // guarded by itself
    private volatile boolean started;
    private volatile boolean ended;

    /**
     * What was read, in MiB.
     *
     * @param atStart just after the first line
     * @param halfWay in the middle of the time between the two
     * @param atEnd just before the last line
     * @param largest the most between the two
     */
    record Memory(double atStart, double halfWay, double atEnd, double largest) {

        /** Returns by how many percent of the start the end is above it, or below. */
        double changePercent() {
            return 100 * (atEnd - atStart) / atStart;
        }

        /** Returns by how many percent the end is above, or below, what it was half way. */
        double laterChangePercent() {
            return 100 * (atEnd - halfWay) / halfWay;
        }
    }

    /**
     * Prepares the process.
     *
     * @param command the program and its arguments
     * @param firstLine a line, or a part of one, from which on memory counts
     * @param lastLine one that is printed when the work is done
     */
    WatchedProcess(List<String> command, Pattern firstLine, Pattern lastLine) {
        this.command = new ProcessBuilder(command).redirectErrorStream(true);
        this.firstLine = firstLine;
        this.lastLine = lastLine;
    }

    static boolean isAvailable() {
        return Files.isReadable(Path.of("/proc/self/status"));
    }

    /**
     * Runs the process to its end.
     *
     * @throws IOException if the process cannot be started, fails, or ends without one of the lines
     */
    Memory run() throws IOException, InterruptedException {
        Process process = command.start();
        try {
            CompletableFuture<Void> reader = CompletableFuture.runAsync(() -> read(process));
            Path status = Path.of("/proc/" + process.pid() + "/status");
            List<Double> samples = new ArrayList<>();
            while (process.isAlive() && !ended) {
                boolean counts = started;
                Double resident = resident(status);
                // Not the memory of a process that is past its work, and gives it back.
                if (counts && resident != null && !ended) {
                    samples.add(resident);
                }
                process.waitFor(MILLIS_BETWEEN_SAMPLES, TimeUnit.MILLISECONDS);
            }
            int code = process.waitFor();
            reader.join();
            if (code != 0 || !ended || samples.isEmpty()) {
                throw new IOException(failure(code));
            }
            return new Memory(
                    samples.get(0),
                    samples.get(samples.size() / 2),
                    samples.get(samples.size() - 1),
                    Collections.max(samples));
        } finally {
            process.destroy();
        }
    }

    private void read(Process process) {
        try (BufferedReader reader = process.inputReader()) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                synchronized (lines) {
                    lines.add(line);
                }
                started = started || firstLine.matcher(line).find();
                ended = ended || lastLine.matcher(line).find();
            }
        } catch (IOException e) {
            synchronized (lines) {
                lines.add(e.toString()); // the pipe of a process that was ended
            }
        }
    }

    private static @Nullable Double resident(Path status) {
        try {
            return ResidentMemory.mebibytes(status, "VmRSS");
        } catch (IOException e) {
            return null; // it has ended since
        }
    }

    private String failure(int code) {
        synchronized (lines) {
            return String.format(
                    Locale.ROOT,
                    "%s ended with code %d, %s; its last lines:%n%s",
                    String.join(" ", command.command()),
                    code,
                    started ? ended ? "between two samples" : "without its last line" : "too early",
                    String.join(
                            System.lineSeparator(),
                            lines.subList(
                                    Math.max(0, lines.size() - LINES_OF_A_FAILURE), lines.size())));
        }
    }
}
