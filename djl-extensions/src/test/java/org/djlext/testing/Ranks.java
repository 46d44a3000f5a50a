/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The ranks of a process group, each a JVM of its own on this machine. */
public final class Ranks implements AutoCloseable {

    private static final long SECONDS = 180;

    private final List<Process> processes = new ArrayList<>();
    private final List<Path> outputs = new ArrayList<>();

    /**
     * Starts the ranks.
     *
     * @param main what they run; the environment says which rank it is, as under torchrun
     * @param size how many
     * @param arguments their arguments
     * @throws IOException if they cannot be started
     */
    public Ranks(Class<?> main, int size, String... arguments) throws IOException {
        int port = freePort();
        for (int rank = 0; rank < size; rank++) {
            List<String> command = Command.java(main, "-Xmx512m", "-XX:TieredStopAtLevel=1");
            command.addAll(List.of(arguments));
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().put("RANK", String.valueOf(rank));
            builder.environment().put("WORLD_SIZE", String.valueOf(size));
            builder.environment().put("MASTER_ADDR", "127.0.0.1");
            builder.environment().put("MASTER_PORT", String.valueOf(port));
            builder.environment().put("OMP_NUM_THREADS", "1");
            Path output = Files.createTempFile("rank", ".txt");
            outputs.add(output);
            processes.add(builder.redirectOutput(output.toFile()).start());
        }
    }

    /**
     * Returns a port that is free now.
     *
     * @return the port
     * @throws IOException if there is none
     */
    public static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /**
     * Returns a rank.
     *
     * @param rank its number
     * @return its process
     */
    public Process process(int rank) {
        return processes.get(rank);
    }

    /**
     * Returns what a rank has written up to now.
     *
     * @param rank its number
     * @return its output and its errors
     * @throws IOException if it cannot be read
     */
    public String output(int rank) throws IOException {
        return Files.readString(outputs.get(rank)).strip();
    }

    /**
     * Waits for the end of all ranks.
     *
     * @return what each of them wrote, and its exit code
     * @throws IOException if one does not end, or its output cannot be read
     * @throws InterruptedException if this thread is interrupted
     */
    public List<Command> await() throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        List<Command> ended = new ArrayList<>();
        for (int rank = 0; rank < processes.size(); rank++) {
            Process process = processes.get(rank);
            if (!process.waitFor(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                process.destroyForcibly().waitFor();
            }
            ended.add(new Command(process.exitValue(), output(rank)));
        }
        return ended;
    }

    /** Ends those that still run. */
    @Override
    public void close() throws IOException {
        processes.forEach(Process::destroyForcibly);
        for (Path output : outputs) {
            Files.deleteIfExists(output);
        }
    }
}
