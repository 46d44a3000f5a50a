/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A makemore command in a process of its own, what it prints in a file.
 *
 * @param process the process
 * @param file the file, to which the command appends
 */
record MakemoreProcess(Process process, Path file) {

    static MakemoreProcess start(Path file, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx1g", "-cp", System.getProperty("java.class.path")));
        command.add(Makemore.class.getName());
        command.addAll(arguments);
        return new MakemoreProcess(
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(file.toFile()))
                        .start(),
                file);
    }

    /** Returns what was printed so far. */
    String log() {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "" + e;
        }
    }

    /** Waits for a file that the command is to write. */
    MakemoreProcess await(Path written) throws InterruptedException {
        while (!Files.exists(written)) {
            assertTrue(process.isAlive(), this::log);
            Thread.sleep(20);
        }
        return this;
    }
}
