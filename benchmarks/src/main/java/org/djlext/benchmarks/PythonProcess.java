/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A Python process with one of the scripts of {@code benchmarks/pytorch}, which says its version
 * and then answers a line by a line of numbers.
 */
final class PythonProcess implements AutoCloseable {

    private final Process process;
    private final PrintWriter in;
    private final BufferedReader out;
    private final String version;
    private final List<String> leftOut = new ArrayList<>();

    /**
     * Starts the process on one thread.
     *
     * @throws IOException if Python or its torch is not there
     */
    PythonProcess(String python, String script, Path... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(python, find(script).toString()));
        Arrays.stream(arguments).map(Path::toString).forEach(command::add);
        ProcessBuilder builder = new ProcessBuilder(command);
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
        if (version.startsWith("torch 1.")) {
            leftOut.addAll(List.of("sdpa", "compiled-"));
        }
    }

    // From the root of the project, or from the module.
    private static Path find(String script) throws IOException {
        Path fromRoot = Path.of("benchmarks", "pytorch", script);
        for (Path path : List.of(fromRoot, Path.of("pytorch", script))) {
            if (Files.exists(path)) {
                return path;
            }
        }
        throw new IOException(fromRoot + " is not here; run it in the root of the project");
    }

    /** Returns PyTorch's version. */
    String version() {
        return version;
    }

    /** Leaves out the ways of PyTorch whose names begin like this. */
    void leaveOut(String prefix) {
        leftOut.add(prefix);
    }

    /** Tells whether it has a way of PyTorch, whose sdpa and torch.compile came with 2.0. */
    boolean has(String variant) {
        return leftOut.stream().noneMatch(variant::startsWith);
    }

    /** Writes tensors by their names, for the script to read. */
    static void write(Map<String, NDArray> tensors, Path file) {
        try (NDList list = new NDList()) {
            tensors.forEach(
                    (name, tensor) -> {
                        NDArray copy = tensor.duplicate();
                        copy.setName(name);
                        list.add(copy);
                    });
            Files.write(file, list.encode(NDList.Encoding.SAFETENSORS));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends a line that has no answer. */
    void tell(String line) {
        in.println(line);
    }

    /** Sends a line, and returns the numbers of the answer. */
    double[] ask(String command) {
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
