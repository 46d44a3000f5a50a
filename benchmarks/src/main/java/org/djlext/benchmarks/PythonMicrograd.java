/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.djlext.micrograd.Batch;
import org.djlext.micrograd.Value;

/** The same training step in CPython: a process that {@code python/micrograd_step.py} runs in. */
final class PythonMicrograd implements AutoCloseable {

    private final Process process;
    private final BufferedWriter in;
    private final BufferedReader out;

    PythonMicrograd(String python, Path script, Batch batch) throws IOException {
        process =
                new ProcessBuilder(python, script.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        in =
                new BufferedWriter(
                        new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
        out =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        send("points " + batch.points().size());
        for (int i = 0; i < batch.points().size(); i++) {
            List<Value> point = batch.points().get(i);
            int label = (int) batch.labels().get(i).data;
            send(point.get(0).data + " " + point.get(1).data + " " + label);
        }
    }

    private void send(String line) throws IOException {
        in.write(line + "\n");
        in.flush();
    }

    /** Trains anew, and returns the time of a step and the last loss. */
    MoonsSteps.Timing run(int steps) {
        return ask("run " + steps);
    }

    /** The same without Python's cyclic garbage collector, which is most of what it does. */
    MoonsSteps.Timing runUncollected(int steps) {
        return ask("run-uncollected " + steps);
    }

    private MoonsSteps.Timing ask(String command) {
        try {
            send(command);
            String answer = out.readLine();
            if (answer == null) {
                throw new IllegalStateException("the Python side ended without an answer");
            }
            String[] parts = answer.split(" ", -1);
            return new MoonsSteps.Timing(
                    Double.parseDouble(parts[0]), Double.parseDouble(parts[1]));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroy();
    }
}
