/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.internal;

import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import org.jspecify.annotations.Nullable;

/** Backward passes of the engine: how they are run, and the one that is running. */
public final class BackwardPass {

    private BackwardPass() {}

    /**
     * Computes gradients without storing them on any array, {@code torch.autograd.grad}: handles of
     * them, 0 where there is none. The upstream gradient of an output may be null for one, if it is
     * a scalar.
     */
    public static long[] grad(
            NDList outputs,
            NDList inputs,
            NDList gradOutputs,
            boolean retainGraph,
            boolean createGraph,
            boolean allowUnused) {
        NativeHooks.ensureLoaded();
        return NativeHooks.grad(
                NativeHooks.handles(outputs),
                NativeHooks.handles(inputs),
                NativeHooks.handles(gradOutputs),
                retainGraph,
                createGraph,
                allowUnused);
    }

    /**
     * Computes gradients and adds them to those of the leaves, {@code torch.autograd.backward};
     * inputs are the leaves to store gradients on, null for all.
     */
    public static void backward(
            NDList roots,
            NDList gradRoots,
            boolean retainGraph,
            boolean createGraph,
            @Nullable NDList inputs) {
        NativeHooks.ensureLoaded();
        NativeHooks.backward(
                NativeHooks.handles(roots),
                NativeHooks.handles(gradRoots),
                retainGraph,
                createGraph,
                inputs == null ? null : NativeHooks.handles(inputs));
    }

    /** Clears what is stored as the gradient of an array. */
    public static void clearGradient(PtNDArray array) {
        NativeHooks.ensureLoaded();
        NativeHooks.clearGradient(NativeHooks.handle(array));
    }

    /** Lets the engine check every gradient for NaN, in the whole process, or no longer. */
    public static void detectAnomaly(boolean enabled) {
        NativeHooks.ensureLoaded();
        NativeHooks.setAnomalyMode(enabled);
    }

    /**
     * {@return the number of the backward pass that is running on this thread, which no other pass
     * of the process has; -1 if none is running}
     */
    public static int current() {
        return NativeHooks.currentPass();
    }

    /**
     * Has a node called, with no gradients, when the backward pass that is running on this thread
     * is complete, and released when the pass is over, be it that it has failed.
     */
    public static void atEnd(BackwardNode node) {
        NativeHooks.atEndOfPass(node);
    }
}
