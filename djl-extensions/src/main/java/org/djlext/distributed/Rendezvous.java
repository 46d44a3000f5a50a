/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.distributed;

import ai.djl.engine.EngineException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Map;
import org.djlext.internal.NativeProcessGroup;

/** How a rank comes into its group. */
final class Rendezvous {

    private static final long RETRY_MILLIS = 50;

    private Rendezvous() {}

    static void check(int rank, int worldSize, Duration timeout) {
        if (worldSize < 1 || rank < 0 || rank >= worldSize) {
            throw new IllegalArgumentException(
                    "the rank of a process must be from 0 to the world size less 1, but got rank "
                            + rank
                            + " of "
                            + worldSize);
        }
        if (timeout.toMillis() < 1) {
            throw new IllegalArgumentException(
                    "the timeout of a process group must be a millisecond or more, but got "
                            + timeout);
        }
    }

    /**
     * Joins a group. On a port that was used before, the store of the group before may not have
     * ended yet; then this waits for it.
     */
    static long join(
            String name,
            StoreAddress address,
            int rank,
            int worldSize,
            Duration timeout,
            Map<String, String> environment)
            throws IOException {
        long end = System.nanoTime() + timeout.toNanos();
        while (true) {
            boolean isLate = System.nanoTime() > end;
            try {
                long joined =
                        NativeProcessGroup.join(
                                name,
                                address.store(rank, environment),
                                address.ownAddress(environment),
                                rank,
                                worldSize,
                                timeout.toMillis());
                if (joined != 0) {
                    return joined;
                }
                if (isLate) {
                    throw new IOException("the group before has not ended there");
                }
                Thread.sleep(RETRY_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted");
            } catch (EngineException e) {
                if (isLate || !FailureReason.isConnectionLost(FailureReason.of(e))) {
                    throw e;
                }
            }
        }
    }

    static String variable(Map<String, String> environment, String name) {
        String value = environment.get(name);
        if (value == null) {
            throw new IllegalStateException(
                    "a process group from the environment needs RANK, WORLD_SIZE, MASTER_ADDR and"
                            + " MASTER_PORT, but "
                            + name
                            + " is not set; start the process with torchrun, or call init");
        }
        return value;
    }

    static int number(Map<String, String> environment, String name) {
        String value = variable(environment, name);
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    name + " must be a whole number, but got " + value, e);
        }
    }
}
