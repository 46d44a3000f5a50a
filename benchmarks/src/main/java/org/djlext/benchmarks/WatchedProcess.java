/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

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

    /**
     * Runs the process to its end.
     *
     * @throws IOException if the process cannot be started, fails, or ends without one of the lines
     */
    Memory run() throws IOException, InterruptedException {
        Process process = command.start();
        List<Double> samples = Collections.synchronizedList(new ArrayList<>());
        List<Double> counted = List.of();
        List<String> lines = new ArrayList<>();
        ScheduledExecutorService sampler = Executors.newSingleThreadScheduledExecutor();
        try (BufferedReader reader = process.inputReader()) {
            Future<?> sampling = null;
            boolean ended = false;
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(line);
                if (sampling == null && firstLine.matcher(line).find()) {
                    sampling =
                            sampler.scheduleWithFixedDelay(
                                    () ->
                                            samples.add(
                                                    ResidentMemory.mebibytes(
                                                            process.pid(), "VmRSS")),
                                    0,
                                    MILLIS_BETWEEN_SAMPLES,
                                    TimeUnit.MILLISECONDS);
                }
                if (!ended && lastLine.matcher(line).find()) {
                    ended = true;
                    // Not the memory of a process that is past its work, and gives it back.
                    counted =
                            Stream.of(samples.toArray(Double[]::new))
                                    .filter(memory -> !memory.isNaN())
                                    .toList();
                    sampler.shutdown();
                }
            }
            int code = process.waitFor();
            if (code != 0 || counted.isEmpty()) {
                String when =
                        sampling == null
                                ? "too early"
                                : ended ? "between two samples" : "without its last line";
                throw new IOException(failure(code, when, lines));
            }
        } finally {
            sampler.shutdownNow();
            process.destroy();
        }
        return new Memory(
                counted.get(0),
                counted.get(counted.size() / 2),
                counted.get(counted.size() - 1),
                Collections.max(counted));
    }

    private String failure(int code, String when, List<String> lines) {
        return String.format(
                Locale.ROOT,
                "%s ended with code %d, %s; its last lines:%n%s",
                String.join(" ", command.command()),
                code,
                when,
                String.join(
                        System.lineSeparator(),
                        lines.subList(
                                Math.max(0, lines.size() - LINES_OF_A_FAILURE), lines.size())));
    }
}
