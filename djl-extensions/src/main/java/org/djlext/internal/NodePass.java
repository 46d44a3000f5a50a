/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.internal;

import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import org.jspecify.annotations.Nullable;

/**
 * What comes to a {@link BackwardNode} in a backward pass, and what it returns. It can be used
 * until {@link BackwardNode#backward} returns.
 */
public final class NodePass {

    private final long address;
    private final int count;
    private final boolean keepsGraph;

    private NodePass(long address, int count, boolean keepsGraph) {
        this.address = address;
        this.count = count;
        this.keepsGraph = keepsGraph;
    }

    // Called by the engine.
    private static void run(BackwardNode node, long address, int count, boolean keepsGraph) {
        node.backward(new NodePass(address, count, keepsGraph));
    }

    /** {@return how many outputs there are, also those without a gradient} */
    public int count() {
        return count;
    }

    /**
     * {@return whether the graph is kept for another pass; if not, what is held for it can be
     * released}
     */
    public boolean keepsGraph() {
        return keepsGraph;
    }

    /**
     * Returns dL/doutput, in a manager; null if there is none. It must not be changed in place; on
     * a hook on a leaf it is the leaf, which may be.
     */
    public @Nullable PtNDArray gradient(int output, PtNDManager manager) {
        long handle = gradient(address, output);
        if (handle == 0) {
            return null;
        }
        PtNDArray gradient = new PtNDArray(manager, handle);
        NDScope.unregister(gradient);
        return gradient;
    }

    /**
     * Gives the engine dL/dinput, of the inputs that need a gradient; in a hook, 0 replaces the
     * gradient that came. The array stays the caller's.
     */
    public void answer(int input, PtNDArray gradient) {
        answer(address, input, NativeHooks.handle(gradient));
    }

    private static native long gradient(long address, int output);

    private static native void answer(long address, int input, long handle);
}
