/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import org.djlext.internal.BackwardNode;
import org.djlext.internal.NativeHooks;
import org.djlext.internal.NodePass;

/**
 * A place in the graph that no gradient goes through: what there is no rule for is connected to it,
 * and a pass that really comes there fails.
 *
 * @param function the name of the function that has no rule
 * @param reason why it has none
 */
record NoDerivative(String function, String reason) implements BackwardNode {

    /**
     * Returns another array over the same storage as a tensor, that leads through such a place to
     * the function whose backward is running on this thread.
     */
    PtNDArray of(long handle, PtNDManager manager) {
        try (PtNDArray output = new PtNDArray(manager, NativeHooks.asOutput(handle, 0))) {
            return (PtNDArray) NativeHooks.linked(this, new NDList(output), manager).get(0);
        }
    }

    @Override
    public void backward(NodePass pass) {
        throw new IllegalStateException(function + reason);
    }

    @Override
    public String name() {
        return function + " without a second derivative";
    }
}
