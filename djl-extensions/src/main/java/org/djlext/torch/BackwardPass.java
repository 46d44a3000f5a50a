/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import ai.djl.pytorch.engine.PtNDArray;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Backward passes of the engine: how they are run, and the one that is running. */
public final class BackwardPass {

    private BackwardPass() {}

    /**
     * Computes gradients without storing them on any array: {@code torch.autograd.grad}.
     *
     * @param outputs the arrays to differentiate
     * @param inputs the arrays to differentiate by
     * @param gradOutputs the upstream gradient of each output; null for one, if that is a scalar
     * @param retainGraph whether the graph stays for another pass
     * @param createGraph whether the result is part of a graph itself
     * @param allowUnused whether the outputs need not depend on all inputs
     * @return handles of the gradients, 0 where there is none
     */
    public static long[] grad(
            List<PtNDArray> outputs,
            List<PtNDArray> inputs,
            List<@Nullable PtNDArray> gradOutputs,
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
     * Computes gradients and adds them to those of the leaves: {@code torch.autograd.backward}.
     *
     * @param roots the arrays to differentiate
     * @param gradRoots the upstream gradient of each; null for one, if that is a scalar
     * @param retainGraph whether the graph stays for another pass
     * @param createGraph whether the gradients are part of a graph themselves
     * @param inputs the leaves to store gradients on; null for all
     */
    public static void backward(
            List<PtNDArray> roots,
            List<@Nullable PtNDArray> gradRoots,
            boolean retainGraph,
            boolean createGraph,
            @Nullable List<PtNDArray> inputs) {
        NativeHooks.ensureLoaded();
        NativeHooks.backward(
                NativeHooks.handles(roots),
                NativeHooks.handles(gradRoots),
                retainGraph,
                createGraph,
                inputs == null ? null : NativeHooks.handles(inputs));
    }

    /**
     * Clears what is stored as the gradient of an array.
     *
     * @param array an array of the PyTorch engine
     */
    public static void clearGradient(PtNDArray array) {
        NativeHooks.ensureLoaded();
        NativeHooks.clearGradient(NativeHooks.handle(array));
    }

    /**
     * Lets the engine check every gradient for NaN, in the whole process.
     *
     * @param enabled whether it does
     * @return whether it did before
     */
    public static boolean detectAnomaly(boolean enabled) {
        NativeHooks.ensureLoaded();
        return NativeHooks.setAnomalyMode(enabled);
    }

    /**
     * Returns the number of the backward pass that is running on this thread.
     *
     * @return the number, which no other pass of the process has; -1 if none is running
     */
    public static int current() {
        return NativeHooks.currentPass();
    }

    /**
     * Has a node called, with no gradients, when the backward pass that is running on this thread
     * is complete, and released when the pass is over, be it that it has failed.
     *
     * @param node the Java side
     */
    public static void atEnd(BackwardNode node) {
        NativeHooks.atEndOfPass(node);
    }
}
