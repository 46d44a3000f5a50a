/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

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

    /**
     * Returns how many gradients there are, with those that are null.
     *
     * @return the number of outputs
     */
    public int count() {
        return count;
    }

    /**
     * Tells whether the graph is kept for another pass.
     *
     * @return false if what is held for it can be released
     */
    public boolean keepsGraph() {
        return keepsGraph;
    }

    /**
     * Returns the gradient of an output. It must not be changed in place; on a hook on a leaf it is
     * the leaf, which may be.
     *
     * @param output the number of the output
     * @param manager the manager of the result
     * @return dL/doutput; null if there is none
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
     * Gives the engine a gradient. The array stays the caller's.
     *
     * @param input the number of the input among those that need a gradient; 0 in a hook, which
     *     replaces the gradient that came
     * @param gradient dL/dinput
     */
    public void answer(int input, PtNDArray gradient) {
        answer(address, input, NativeHooks.handle(gradient));
    }

    private static native long gradient(long address, int output);

    private static native void answer(long address, int input, long handle);
}
