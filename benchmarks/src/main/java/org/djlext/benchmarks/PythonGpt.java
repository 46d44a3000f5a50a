/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

/** The lecture's GPT in PyTorch. */
final class PythonGpt {

    private final PythonProcess process;

    /** Talks to a process of {@code gpt_step.py}, which stays the caller's to close. */
    PythonGpt(PythonProcess process) {
        this.process = process;
    }

    /**
     * Trains from the weights of the file, eager or by torch.compile.
     *
     * @return the seconds of a step and each loss
     */
    double[] train(boolean compiled, int steps, long seed) {
        return process.ask((compiled ? "compiled " : "train ") + steps + " " + seed);
    }

    /** Draws tokens as the lecture does, and returns the seconds of one. */
    double generate(int tokens) {
        return process.ask("generate " + tokens)[0];
    }
}
