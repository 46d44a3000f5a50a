/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.internal;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import org.jspecify.annotations.Nullable;

/**
 * The engine's graph, node by node. A node is a number, which holds as long as an array is open
 * that was computed through the node.
 */
public final class EngineGraph {

    private EngineGraph() {}

    /**
     * {@return the node that made an array, or the one that stores the gradient of a leaf; 0 if no
     * gradient flows to the array}
     */
    public static long node(PtNDArray array) {
        NativeHooks.ensureLoaded();
        return nodeOf(NativeHooks.handle(array));
    }

    /**
     * {@return the nodes that a node passes gradients to: one for each of its inputs, 0 for those
     * without a gradient}
     */
    public static long[] next(long node) {
        return nextOf(node);
    }

    /** {@return what the engine calls a node: the name of its class, or of a custom function} */
    public static String name(long node) {
        return nameOf(node);
    }

    /**
     * {@return the leaf that a node stores gradients on, as another array; null if the node is of
     * another kind}
     */
    public static @Nullable PtNDArray leaf(long node, NDManager manager) {
        long handle = leafOf(node);
        return handle == 0 ? null : new PtNDArray((PtNDManager) manager, handle);
    }

    /**
     * {@return what {@link NativeHooks#link} was given for a node; null if it is one of the
     * engine's own}
     */
    public static @Nullable BackwardNode java(long node) {
        return javaOf(node);
    }

    private static native long nodeOf(long handle);

    private static native long[] nextOf(long node);

    private static native String nameOf(long node);

    private static native long leafOf(long node);

    private static native @Nullable BackwardNode javaOf(long node);
}
