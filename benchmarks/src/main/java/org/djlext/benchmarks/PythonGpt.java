/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/** A Python process with the lecture's GPT in PyTorch, which answers a line by a line. */
final class PythonGpt implements AutoCloseable {

    private final Process process;
    private final PrintWriter in;
    private final BufferedReader out;
    private final String version;

    /**
     * Starts the process.
     *
     * @throws IOException if Python or its torch is not there
     */
    PythonGpt(String python, Path script, Path weights, Path tokens) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(
                        python, script.toString(), weights.toString(), tokens.toString());
        builder.environment().put("OMP_NUM_THREADS", "1");
        process = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
        in = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
        out =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
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

    /** Trains from the weights of the file, and returns the seconds of a step and each loss. */
    double[] train(int steps, long seed) {
        return ask("train " + steps + " " + seed);
    }

    /** Draws tokens as the lecture does, and returns the seconds of one. */
    double generate(int tokens) {
        return ask("generate " + tokens)[0];
    }

    private double[] ask(String command) {
        in.println(command);
        try {
            String line = out.readLine();
            if (line == null) {
                throw new IllegalStateException("the Python side ended without an answer");
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
