/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.djlext.testing.Command;

/**
 * A makemore command, or another main, in a process of its own.
 *
 * @param process the process
 * @param out the file of what it prints
 * @param err the file of what it says on standard error
 */
record MakemoreProcess(Process process, Path out, Path err) {

    private static final long LONGEST_SECONDS = 180;

    /** Starts a main, with variables of the environment, and files of its own in a folder. */
    static MakemoreProcess start(
            Class<?> main, Path folder, Map<String, String> environment, List<String> arguments)
            throws IOException {
        List<String> command =
                Command.java(
                        main,
                        "-Xmx400m",
                        "--enable-native-access=ALL-UNNAMED", // no word of Java 25
                        "-XX:-CreateCoredumpOnCrash",
                        "-XX:ErrorFile=" + folder.resolve("crash.log"));
        command.addAll(arguments);
        Path out = Files.createTempFile(folder, "out", ".txt");
        Path err = Files.createTempFile(folder, "err", ".txt");
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile());
        builder.environment().put("LC_ALL", "C.UTF-8");
        builder.environment().putAll(environment);
        return new MakemoreProcess(builder.start(), out, err);
    }

    static MakemoreProcess start(
            Path folder, Map<String, String> environment, List<String> arguments)
            throws IOException {
        return start(Makemore.class, folder, environment, arguments);
    }

    static MakemoreProcess start(Path folder, List<String> arguments) throws IOException {
        return start(folder, Map.of(), arguments);
    }

    /** Waits for its end, which must come within some minutes. */
    Outcome end() throws InterruptedException {
        if (!process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
        return new Outcome(process.exitValue(), read(out), read(err));
    }

    /** Returns what was printed so far. */
    String log() {
        return read(out) + read(err);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until it has done something. */
    void await(BooleanSupplier done) throws InterruptedException {
        while (!done.getAsBoolean()) {
            assertTrue(process.isAlive(), this::log);
            Thread.sleep(20);
        }
    }
}
