/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.djlext.internal.NativeHooks;
import org.djlext.testing.ResidentMemory;

/**
 * What must not grow from case to case.
 *
 * @param nodes nodes of custom functions that are alive
 * @param javaThreads threads that the JVM knows
 * @param tasks threads that the operating system knows
 * @param files open file descriptors
 * @param resources managers and arrays that hang on DJL's system manager
 * @param heapMiB Java's heap after a collection
 * @param residentMiB resident memory
 */
record FuzzGrowth(
        int nodes,
        int javaThreads,
        long tasks,
        long files,
        int resources,
        double heapMiB,
        double residentMiB) {

    private static final double MIB = 1 << 20;

    static FuzzGrowth measure() {
        try {
            for (int i = 0; i < 3; i++) {
                System.gc();
                Thread.sleep(100);
            }
            Runtime runtime = Runtime.getRuntime();
            return new FuzzGrowth(
                    NativeHooks.liveNodes(),
                    ManagementFactory.getThreadMXBean().getThreadCount(),
                    entries(Path.of("/proc/self/task")),
                    entries(Path.of("/proc/self/fd")),
                    resourcesOfTheSystem(),
                    (runtime.totalMemory() - runtime.freeMemory()) / MIB,
                    ResidentMemory.isKnown() ? ResidentMemory.mebibytes() : 0);
        } catch (IOException | InterruptedException | ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static long entries(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return 0;
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.count();
        }
    }

    private static int resourcesOfTheSystem() throws ReflectiveOperationException {
        try (NDManager manager = NDManager.newBaseManager()) {
            Field field = BaseNDManager.class.getDeclaredField("resources");
            field.setAccessible(true);
            return ((Map<?, ?>) field.get(manager.getParentManager())).size();
        }
    }

    void assertNoMoreThan(FuzzGrowth before) {
        if (nodes > before.nodes
                || javaThreads > before.javaThreads + 4
                || tasks > before.tasks + 8
                || files > before.files + 4
                || resources > before.resources
                || heapMiB > before.heapMiB + 16
                || residentMiB > before.residentMiB + 128) {
            throw new AssertionError("something has grown");
        }
    }

    @Override
    public String toString() {
        return String.format(
                "%d nodes, %d Java threads, %d threads, %d files, %d resources, heap %.0f MiB,"
                        + " resident %.0f MiB",
                nodes, javaThreads, tasks, files, resources, heapMiB, residentMiB);
    }
}
