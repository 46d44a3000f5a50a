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

/**
 * A process of a group.
 *
 * @param number its number, from 0
 * @param worldSize how many there are
 * @param timeout how long it waits for others
 */
record Rank(int number, int worldSize, Duration timeout) {

    private static final long RETRY_MILLIS = 50;
    private static final Duration LONGEST = Duration.ofDays(365); // which no clock overflows by

    Rank {
        if (worldSize < 1 || number < 0 || number >= worldSize) {
            throw new IllegalArgumentException(
                    "the rank of a process must be from 0 to the world size less 1, but got rank "
                            + number
                            + " of "
                            + worldSize);
        }
        if (timeout.compareTo(Duration.ofMillis(1)) < 0 || timeout.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    "the timeout of a process group must be from a millisecond to a year, but got "
                            + timeout);
        }
    }

    /** Joins a group, and returns the handle of it. */
    long join(String name, StoreAddress address, Map<String, String> environment) {
        try {
            return tryToJoin(name, address, environment);
        } catch (EngineException | IOException e) {
            throw new DistributedException(
                    this
                            + " could not meet the others at "
                            + address
                            + " within "
                            + seconds()
                            + " ("
                            + FailureReason.of(e)
                            + "); start all ranks with the same address and the same world size",
                    e);
        }
    }

    /**
     * On a port that was used before, the store of the group before may not have ended yet; then
     * this waits for it.
     */
    private long tryToJoin(String name, StoreAddress address, Map<String, String> environment)
            throws IOException {
        long start = System.nanoTime();
        while (true) {
            boolean isLate = System.nanoTime() - start > timeout.toNanos();
            try {
                long joined =
                        NativeProcessGroup.join(
                                name,
                                address.store(number, environment),
                                address.ownAddress(environment),
                                number,
                                worldSize,
                                timeout.toMillis());
                if (joined != 0) {
                    return joined;
                }
                if (isLate) {
                    throw new IOException(
                            "another process has joined as rank "
                                    + number
                                    + ", or the group before has not ended there");
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

    /** Returns what to throw when a call of the engine has failed. */
    RuntimeException failure(EngineException e) {
        String reason = FailureReason.ofCollective(e);
        if (reason == null) {
            return e;
        }
        String what =
                FailureReason.isTimeout(reason)
                        ? "waited " + seconds() + " for a rank that did not answer ("
                        : "has lost a rank (";
        return new DistributedException(unusable(what + reason + ")"), e);
    }

    /** Returns what to throw when other ranks make another call. */
    DistributedException disagreement(String call) {
        return new DistributedException(
                unusable(
                        "called "
                                + call
                                + ", but another rank something else; all must call the same with"
                                + " arrays of the same shapes and types"),
                null);
    }

    private String unusable(String what) {
        return this
                + " "
                + what
                + "; the group is of no more use: close it, and start all ranks again from what was"
                + " saved last";
    }

    private String seconds() {
        return timeout.toMillis() / 1000.0 + " s";
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

    @Override
    public String toString() {
        return "rank " + number + " of " + worldSize;
    }
}
