/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.memory;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * Keeps the memory of a long training as it was at its start.
 *
 * <p>A step leaves a few objects, and the JVM would use up a sixtieth of the machine's memory, bit
 * by bit, before it looks for them: here the room for them is taken at once, and looked through
 * once a second where the JVM has not done so itself. The compiler of the JVM frees what it worked
 * with, but the C library keeps that for later, for each thread; some JDKs for Linux, 17.0.9 and
 * later among them, can have it handed back. Both together were half of the memory of small
 * networks after 100,000 steps.
 *
 * <p>It takes some milliseconds once a second, and never more than a fiftieth of the time.
 */
public final class FlatMemory {

    private static final long INTERVAL = 1_000_000_000L; // nanoseconds
    private static final int SHARE = 50;
    private static final long MOST_ROOM = 112L << 20; // bytes
    private static final long ROOM_OF_A_SHARED_HEAP = 56L << 20;
    private static final int ARRAY = 1 << 14; // references, of 4 bytes in heaps up to 32 GB

    private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    private boolean canTrim = true;
    private long collectionsSeen;
    private long next = System.nanoTime();

    /** Starts: takes the room that the garbage of the steps will need. */
    public FlatMemory() {
        tidyUp();
        useRoom();
        tidyUp();
    }

    // A collector goes over its free room bit by bit, so that a few megabytes more would be in use
    // at each look. The arrays are small, because large ones would go to places of their own.
    private static void useRoom() {
        long room = Math.min(MOST_ROOM, roomOfNewObjects()) / 8 * 7;
        Object[] newest = {};
        for (long used = 0; used < room; used += ARRAY * (long) Integer.BYTES) {
            Object[] next = new Object[ARRAY];
            next[0] = newest; // so that all of them are in use at once
            newest = next;
        }
    }

    private static long roomOfNewObjects() {
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            // Where there is no maximum it changes from collection to collection.
            if (pool.getName().contains("Eden") && pool.getUsage().getMax() >= 0) {
                return pool.getUsage().getCommitted() - pool.getUsage().getUsed();
            }
        }
        Runtime runtime = Runtime.getRuntime();
        long free = runtime.freeMemory();
        long possible = runtime.maxMemory() - runtime.totalMemory() + free;
        // In a small heap half is left for what else there is.
        return Math.min(ROOM_OF_A_SHARED_HEAP, Math.min(free, possible / 2));
    }

    /** Is called after each step. */
    public void afterStep() {
        if (System.nanoTime() - next >= 0) {
            // Whole collections between its own make G1 take more room.
            tidyUp(collections() == collectionsSeen);
        }
    }

    /** Gives back what is not used; also to be called after the last step. */
    public void tidyUp() {
        tidyUp(true);
    }

    private void tidyUp(boolean collect) {
        long start = System.nanoTime();
        if (collect) {
            System.gc();
        }
        trim();
        collectionsSeen = collections();
        long end = System.nanoTime();
        next = end + Math.max(INTERVAL, SHARE * (end - start));
    }

    private static long collections() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .mapToLong(GarbageCollectorMXBean::getCollectionCount)
                .sum();
    }

    private void trim() {
        if (!canTrim) {
            return;
        }
        try {
            server.invoke(
                    new ObjectName("com.sun.management:type=DiagnosticCommand"),
                    "systemTrimNativeHeap",
                    new Object[0],
                    new String[0]);
        } catch (JMException e) {
            canTrim = false; // this JVM has no such command
        }
    }
}
