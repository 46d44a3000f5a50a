/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.io.IOException;
import java.nio.file.Path;

/** The lecture's GPT in PyTorch. */
final class PythonGpt implements AutoCloseable {

    private final PythonProcess process;

    /**
     * Starts the process.
     *
     * @throws IOException if Python or its torch is not there
     */
    PythonGpt(String python, Path weights, Path tokens) throws IOException {
        process = new PythonProcess(python, "gpt_step.py", weights, tokens);
    }

    /** Returns PyTorch's version. */
    String version() {
        return process.version();
    }

    /** Trains from the weights of the file, and returns the seconds of a step and each loss. */
    double[] train(int steps, long seed) {
        return process.ask("train " + steps + " " + seed);
    }

    /** Draws tokens as the lecture does, and returns the seconds of one. */
    double generate(int tokens) {
        return process.ask("generate " + tokens)[0];
    }

    @Override
    public void close() {
        process.close();
    }
}
