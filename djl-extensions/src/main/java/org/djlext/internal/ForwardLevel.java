/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.internal;

import ai.djl.pytorch.engine.PtNDArray;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * The engine's forward mode: while it is on, an array may carry a tangent, and what is computed
 * from it carries the derivative in that direction. The engine has it once in a process.
 */
public final class ForwardLevel implements AutoCloseable {

    private static final Semaphore FREE = new Semaphore(1);

    private static volatile @Nullable Thread inside;

    private final long level;

    private ForwardLevel(long level) {
        this.level = level;
    }

    /**
     * Turns the forward mode on, until the result is closed, which takes all tangents away. Returns
     * null if it is on already, in this thread or another.
     */
    public static @Nullable ForwardLevel tryEnter() {
        NativeHooks.ensureLoaded();
        if (!FREE.tryAcquire()) {
            return null;
        }
        try {
            ForwardLevel level = new ForwardLevel(enter());
            inside = Thread.currentThread();
            return level;
        } catch (RuntimeException | Error e) {
            FREE.release();
            throw e;
        }
    }

    /**
     * {@return whether this thread has turned the forward mode on, so that arrays may carry
     * tangents}
     */
    public static boolean isOn() {
        return inside == Thread.currentThread();
    }

    /**
     * {@return another array over the same storage, in its manager, with a tangent of its shape and
     * type}
     */
    public static PtNDArray dual(PtNDArray primal, PtNDArray tangent) {
        return new PtNDArray(primal.getManager(), dualOf(primal.getHandle(), tangent.getHandle()));
    }

    /** {@return the tangent of an array, in its manager; null if it carries none} */
    public static @Nullable PtNDArray tangent(PtNDArray array) {
        long handle = tangentOf(array.getHandle());
        return handle == 0 ? null : new PtNDArray(array.getManager(), handle);
    }

    @Override
    public void close() {
        inside = null;
        exit(level);
        FREE.release();
    }

    private static native long enter();

    private static native void exit(long level);

    private static native long dualOf(long primal, long tangent);

    private static native long tangentOf(long handle);
}
