/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.internal;

import ai.djl.engine.Engine;
import java.util.Locale;

/**
 * A process group of the engine: gloo behind {@code torch.distributed}, which DJL gives no way to.
 */
public final class NativeProcessGroup {

    private static final String LIBTORCH = "2.7.1";

    private NativeProcessGroup() {}

    /**
     * Where the ranks of a group find each other: at a port of a host, or in a file, whose port is
     * 0. One of them hosts the store; the prefix is what the keys of the group begin with.
     */
    public record Store(String place, int port, boolean isHosted, String prefix) {}

    /**
     * Joins a group, which returns when all ranks are there.
     *
     * @param name the name of the group in this process, which TorchScript calls it by
     * @param store where the ranks find each other
     * @param address the address of this process that the others reach it at
     * @param rank the number of this process
     * @param size how many there are
     * @param timeoutMillis how long to wait, for ranks to join and for each collective
     * @return what {@link #leave} takes; 0 if the store is that of a group that this rank has been
     *     in already
     * @throws UnsupportedOperationException if this engine has no process groups that are known
     * @throws ai.djl.engine.EngineException if the ranks do not come together
     */
    public static long join(
            String name, Store store, String address, int rank, int size, long timeoutMillis) {
        String system = System.getProperty("os.name");
        String version = Engine.getEngine("PyTorch").getVersion();
        if (!system.toLowerCase(Locale.ROOT).startsWith("linux") || !version.equals(LIBTORCH)) {
            throw new UnsupportedOperationException(
                    "process groups need libtorch "
                            + LIBTORCH
                            + " on Linux, but this is libtorch "
                            + version
                            + " on "
                            + system
                            + "; train in one process here");
        }
        NativeHooks.ensureLoaded();
        return join(
                name,
                store.place,
                store.port,
                store.isHosted,
                store.prefix,
                key(rank),
                address,
                rank,
                size,
                timeoutMillis);
    }

    /**
     * Tells whether a rank has joined by {@link #join} too, and not as a Python process: then it
     * takes part in what this library does with other collectives than PyTorch would.
     */
    public static boolean isOfDjl(long group, int rank) {
        return hasKey(group, key(rank));
    }

    // Each rank adds its own before it joins.
    private static String key(int rank) {
        return "djlext/" + rank;
    }

    private static native boolean hasKey(long group, String key);

    /**
     * Leaves a group that {@link #join} has returned: its threads end, its connections are closed.
     */
    public static native void leave(long group);

    private static native long join(
            String name,
            String place,
            int port,
            boolean isHosted,
            String prefix,
            String key,
            String address,
            int rank,
            int size,
            long timeoutMillis);
}
