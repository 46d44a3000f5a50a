/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A Python process with torch, on one thread, which says its version and then answers each line by
 * a line of numbers.
 */
final class PythonProcess implements AutoCloseable {

    private final Process process;
    private final PrintWriter in;
    private final BufferedReader out;
    private final String version;

    /**
     * Starts a script of the folder benchmarks/pytorch.
     *
     * @throws IOException if Python or its torch is not there
     */
    PythonProcess(String python, String script) throws IOException {
        Path fromRoot = Path.of("benchmarks", "pytorch", script);
        Path file = Files.exists(fromRoot) ? fromRoot : Path.of("pytorch", script);
        ProcessBuilder builder = new ProcessBuilder(python, file.toString());
        builder.environment().put("OMP_NUM_THREADS", "1");
        process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        in = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
        out = process.inputReader(StandardCharsets.UTF_8);
        String line = out.readLine();
        if (line == null) {
            throw new IOException(python + " has no torch; pip install torch");
        }
        version = line;
    }

    /** Returns PyTorch's version. */
    String version() {
        return version;
    }

    double[] ask(String command) {
        in.println(command);
        try {
            String line = out.readLine();
            if (line == null) {
                throw new IllegalStateException(
                        "the Python side ended without an answer to: " + command);
            }
            return Arrays.stream(line.split(" ", -1)).mapToDouble(Double::parseDouble).toArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroy();
    }
}
