/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples;

/**
 * Has the JVM collect its garbage once a second, so that a long training keeps the memory that it
 * has at its start.
 *
 * <p>A step leaves a few objects, and the JVM would first use up a sixtieth of the machine's memory
 * before it looks for them: the process grew by half in its first minutes. A collection of so small
 * a heap takes some milliseconds.
 */
final class GarbageCollection {

    private static final long INTERVAL = 1_000_000_000L; // nanoseconds

    private long next = System.nanoTime();

    /** Is called after steps. */
    void afterSteps() {
        long now = System.nanoTime();
        if (now - next >= 0) {
            System.gc();
            next = now + INTERVAL;
        }
    }
}
