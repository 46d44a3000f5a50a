/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.djlext.makemore.launch.TetheredMain;

/**
 * A program in a JVM of its own, with the classes of this one. What a rank of a training does wrong
 * in native code ends its own process, and several ranks on one executor do not share generators.
 *
 * @param main the class of the program's main
 * @param arguments its arguments
 * @param environment what is added to the environment
 * @param jvmOptions options of the JVM
 */
record ChildJvm(
        String main,
        List<String> arguments,
        Map<String, String> environment,
        List<String> jvmOptions) {

    private static final int LINES = 20;
    private static final long POLL_MILLIS = 100;

    /**
     * Runs the program and passes on what it prints.
     *
     * @param name what each line of its output begins with
     * @param cancelled asked all the time; when it says so the program is ended
     * @throws ProcessException if it ends with another code than 0, or is cancelled
     */
    void run(String name, BooleanSupplier cancelled) throws IOException, InterruptedException {
        ProcessBuilder builder =
                new ProcessBuilder(TetheredMain.command(main, arguments, jvmOptions))
                        .redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            Deque<String> last = new ArrayDeque<>();
            Thread reader = new Thread(() -> passOn(process, name, last), name);
            reader.setDaemon(true);
            reader.start();
            while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                if (cancelled.getAsBoolean()) {
                    throw new ProcessException(name + " was cancelled");
                }
            }
            reader.join(TimeUnit.SECONDS.toMillis(1));
            if (process.exitValue() != 0) {
                synchronized (last) {
                    throw new ProcessException(
                            name
                                    + " ended with the exit code "
                                    + process.exitValue()
                                    + ", and last said: "
                                    + String.join(" / ", last));
                }
            }
        } finally {
            process.destroyForcibly();
        }
    }

    private static void passOn(Process process, String name, Deque<String> last) {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                System.out.println(name + ": " + line);
                synchronized (last) {
                    last.add(line);
                    if (last.size() > LINES) {
                        last.remove();
                    }
                }
            }
        } catch (IOException e) {
            System.out.println(name + ": " + e);
        }
    }
}
