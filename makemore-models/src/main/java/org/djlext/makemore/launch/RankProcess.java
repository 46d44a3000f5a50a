/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.launch;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A rank of a training: a program in a JVM of its own, with the classes of this one, that learns
 * its place from RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT, as torchrun sets them. It ends when
 * this process does.
 */
public final class RankProcess implements AutoCloseable {

    // The steps of a rank run in the engine, and ranks that have a core each leave none for a slow
    // compiler. Options of the program come later, and so can undo this.
    private static final String QUICK_COMPILER = "-XX:TieredStopAtLevel=1";

    private final int rank;
    private final Process process;
    private final List<Thread> readers = new ArrayList<>();

    /**
     * A program whose ranks are all started alike.
     *
     * @param main the class of its main
     * @param arguments its arguments
     * @param jvmOptions options of its JVM, such as -Xmx1g; it compiles with its quick compiler
     *     alone, unless -XX:TieredStopAtLevel=4 is among them
     * @param environment what is added to the environment
     */
    public record Program(
            String main,
            List<String> arguments,
            List<String> jvmOptions,
            Map<String, String> environment) {}

    private RankProcess(int rank, Process process) {
        this.rank = rank;
        this.process = process;
    }

    /**
     * Starts a rank.
     *
     * @param launcher a command that takes that of the JVM as its arguments, such as taskset; empty
     *     for none
     * @param program what it runs
     * @param rank its number, from 0
     * @param worldSize how many there are
     * @param host where rank 0 is
     * @param port a free port there
     * @param output takes each line of its standard output, on a thread of its own
     * @param errors takes each line of its standard error
     * @return the rank, to be closed
     * @throws IOException if it cannot be started
     */
    public static RankProcess start(
            List<String> launcher,
            Program program,
            int rank,
            int worldSize,
            String host,
            int port,
            Consumer<String> output,
            Consumer<String> errors)
            throws IOException {
        List<String> jvmOptions = new ArrayList<>(List.of(QUICK_COMPILER));
        jvmOptions.addAll(program.jvmOptions);
        List<String> command = new ArrayList<>(launcher);
        command.addAll(TetheredMain.command(program.main, program.arguments, jvmOptions));
        ProcessBuilder builder = new ProcessBuilder(command);
        Map<String, String> environment = builder.environment();
        // Threads that wait for each other do so at full speed.
        environment.putIfAbsent("OMP_NUM_THREADS", "1");
        environment.putAll(program.environment);
        environment.put("RANK", String.valueOf(rank));
        environment.put("WORLD_SIZE", String.valueOf(worldSize));
        environment.put("MASTER_ADDR", host);
        environment.put("MASTER_PORT", String.valueOf(port));
        RankProcess started = new RankProcess(rank, builder.start());
        started.passOn(started.process.inputReader(StandardCharsets.UTF_8), output);
        started.passOn(started.process.errorReader(StandardCharsets.UTF_8), errors);
        return started;
    }

    /**
     * {@return a port of this machine that is free now}
     *
     * @throws IOException if there is none
     */
    public static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, (InetAddress) null)) {
            return socket.getLocalPort();
        }
    }

    private void passOn(BufferedReader lines, Consumer<String> consumer) {
        Thread reader =
                new Thread(
                        () -> {
                            try (lines) {
                                lines.lines().forEach(consumer);
                            } catch (IOException | UncheckedIOException e) {
                                consumer.accept("the output of " + this + " ended: " + e);
                            }
                        },
                        "output of " + this);
        reader.setDaemon(true);
        reader.start();
        readers.add(reader);
    }

    /** {@return the number of the rank, from 0} */
    public int rank() {
        return rank;
    }

    /** {@return the process} */
    public Process process() {
        return process;
    }

    /**
     * Waits for the end of the rank, and for the last of what it wrote.
     *
     * @param atMost how long
     * @return whether it has ended
     * @throws InterruptedException if this thread is interrupted
     */
    public boolean await(Duration atMost) throws InterruptedException {
        if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
            return false;
        }
        for (Thread reader : readers) {
            reader.join(TimeUnit.SECONDS.toMillis(1));
        }
        return true;
    }

    /** Asks the rank to end, which may save its run first. */
    public void interrupt() {
        process.toHandle().destroy(); // Process.destroy would close its streams too
    }

    /** Ends the rank if it still runs. */
    @Override
    public void close() {
        process.destroyForcibly();
    }

    @Override
    public String toString() {
        return "rank " + rank;
    }
}
