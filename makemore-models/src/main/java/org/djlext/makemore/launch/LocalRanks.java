/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.launch;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All ranks of a training, on this machine; they end together. */
public final class LocalRanks implements AutoCloseable {

    /** The exit code of a rank that has lost another, and may be started again. */
    public static final int LOST_ANOTHER = 75; // EX_TEMPFAIL

    private static final Duration POLL = Duration.ofMillis(50);

    private final List<RankProcess> ranks = new ArrayList<>();
    private volatile Duration patience = Duration.ofSeconds(10);

    /** Takes what ranks print, each on threads of its own. */
    @FunctionalInterface
    public interface Output {
        /**
         * Takes a line.
         *
         * @param rank the number of the rank
         * @param isError whether it is from its standard error
         * @param line the line
         */
        void add(int rank, boolean isError, String line);
    }

    /**
     * Starts the ranks, which meet at a free port of 127.0.0.1. Each has processors of its own,
     * where there are enough.
     *
     * @param program what each of them runs
     * @param size how many there are
     * @param output takes what they print
     * @throws IOException if one cannot be started
     */
    public LocalRanks(RankProcess.Program program, int size, Output output) throws IOException {
        int port = RankProcess.freePort();
        try {
            for (int i = 0; i < size; i++) {
                int rank = i;
                ranks.add(
                        RankProcess.start(
                                Processors.bind(rank, size),
                                program,
                                rank,
                                size,
                                "127.0.0.1",
                                port,
                                line -> output.add(rank, false, line),
                                line -> output.add(rank, true, line)));
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /**
     * Waits for all ranks. When one has failed, the others have some seconds to find out and to say
     * so; then they are ended.
     *
     * @return the rank that is to blame, or null if none has failed
     * @throws InterruptedException if this thread is interrupted
     */
    public @Nullable RankProcess await() throws InterruptedException {
        List<RankProcess> running = new ArrayList<>(ranks);
        List<RankProcess> failed = new ArrayList<>();
        long end = Long.MAX_VALUE;
        while (!running.isEmpty() && System.nanoTime() < end) {
            for (RankProcess rank : List.copyOf(running)) {
                if (rank.await(POLL)) {
                    running.remove(rank);
                    if (rank.process().exitValue() != 0) {
                        failed.add(rank);
                        end = Math.min(end, System.nanoTime() + patience.toNanos());
                    }
                }
            }
        }
        close();
        for (RankProcess rank : running) {
            rank.await(patience); // so that nothing of it is left when all are started again
        }
        // One that has lost another is not the one to blame.
        return failed.stream()
                .filter(rank -> rank.process().exitValue() != LOST_ANOTHER)
                .findFirst()
                .orElse(failed.isEmpty() ? null : failed.get(0));
    }

    /**
     * Asks all ranks to end, which may save their run first, and waits for them.
     *
     * @param longest how long to wait for all
     */
    public void interrupt(Duration longest) {
        patience = longest;
        ranks.forEach(RankProcess::interrupt);
        long end = System.nanoTime() + longest.toNanos();
        try {
            for (RankProcess rank : ranks) {
                rank.await(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends the ranks that still run. */
    @Override
    public void close() {
        ranks.forEach(RankProcess::close);
    }
}
