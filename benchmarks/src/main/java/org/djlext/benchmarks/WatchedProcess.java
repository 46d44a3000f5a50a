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
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A child process whose resident memory is read many times a second, from a sign that it has warmed
 * up until a line that says its work is done.
 */
final class WatchedProcess {

    private static final int MILLIS_BETWEEN_SAMPLES = 50;
    private static final int LINES_OF_A_FAILURE = 5;

    private final ProcessBuilder command;
    private final Pattern lastLine;
    private final List<String> lines = new ArrayList<>(); // guarded by itself
    private @Nullable Pattern laterLine;
    private double share;
    private volatile boolean ended;

    /**
     * What was read, in MiB.
     *
     * @param atStart at the sign
     * @param halfWay in the middle of the time between the two
     * @param atEnd just before the last line
     * @param largest the most between the two
     * @param samples how many times it was read
     */
    record Memory(double atStart, double halfWay, double atEnd, double largest, int samples) {

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
     * @param lastLine a line, or a part of one, that is printed when the work is done
     */
    WatchedProcess(List<String> command, Pattern lastLine) {
        this.command = new ProcessBuilder(command).redirectErrorStream(true);
        this.lastLine = lastLine;
    }

    /**
     * Moves the start from the sign on towards a later line, for a moment between the two that
     * nothing tells: by this share of the time between them.
     */
    WatchedProcess startingBetween(Pattern laterLine, double share) {
        this.laterLine = laterLine;
        this.share = share;
        return this;
    }

    static boolean isAvailable() {
        return Files.isReadable(Path.of("/proc/self/status"));
    }

    /** Tells whether a line that holds the pattern was printed so far. */
    boolean hasPrinted(Pattern pattern) {
        synchronized (lines) {
            return lines.stream().anyMatch(line -> pattern.matcher(line).find());
        }
    }

    /**
     * Runs the process to its end.
     *
     * @param isWarm the sign from which on memory counts
     * @throws IOException if the process cannot be started, fails, or ends without the sign or
     *     without the last line
     */
    Memory run(BooleanSupplier isWarm) throws IOException, InterruptedException {
        Process process = command.start();
        try {
            CompletableFuture<Void> reader = CompletableFuture.runAsync(() -> read(process));
            Path status = Path.of("/proc/" + process.pid() + "/status");
            List<Double> samples = new ArrayList<>();
            boolean warm = false;
            int later = 0; // as many samples as there are before the later line
            while (process.isAlive() && !ended) {
                warm = warm || isWarm.getAsBoolean();
                Double resident = resident(status);
                // Not the memory of a process that is past its work, and gives it back.
                if (warm && resident != null && !ended) {
                    samples.add(resident);
                    if (laterLine != null && !hasPrinted(laterLine)) {
                        later = samples.size();
                    }
                }
                process.waitFor(MILLIS_BETWEEN_SAMPLES, TimeUnit.MILLISECONDS);
            }
            int code = process.waitFor();
            reader.join();
            if (code != 0 || !ended || samples.isEmpty()) {
                throw new IOException(failure(code, warm));
            }
            List<Double> counted =
                    samples.subList(
                            Math.min((int) (share * later), samples.size() - 1), samples.size());
            return new Memory(
                    counted.get(0),
                    counted.get(counted.size() / 2),
                    counted.get(counted.size() - 1),
                    counted.stream().mapToDouble(Double::doubleValue).max().orElseThrow(),
                    counted.size());
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

    private String failure(int code, boolean warm) {
        synchronized (lines) {
            return String.format(
                    Locale.ROOT,
                    "%s ended with code %d, %s; its last lines:%n%s",
                    String.join(" ", command.command()),
                    code,
                    warm ? ended ? "between two samples" : "without its last line" : "too early",
                    String.join(
                            System.lineSeparator(),
                            lines.subList(
                                    Math.max(0, lines.size() - LINES_OF_A_FAILURE), lines.size())));
        }
    }
}
