/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A command that has run.
 *
 * @param exitCode its exit code
 * @param output what it wrote, both streams together
 */
public record Command(int exitCode, String output) {

    /**
     * Runs a command.
     *
     * @param command the program and its arguments
     * @return what came of it
     * @throws IOException if it cannot be started
     * @throws InterruptedException if this thread is interrupted
     */
    public static Command run(List<String> command) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        // It would win over the system property of that name, which some of the commands are given.
        builder.environment().remove("DJL_CACHE_DIR");
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Command(process.waitFor(), output.strip());
    }

    /**
     * {@return the command line of a main class of this class path in a JVM of its own}
     *
     * @param main the class
     * @param options options of the JVM
     */
    public static List<String> java(Class<?> main, String... options) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-XX:TieredStopAtLevel=1"); // it ends before a better compiler pays off
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.add(main.getName());
        return command;
    }
}
