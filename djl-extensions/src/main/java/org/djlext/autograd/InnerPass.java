/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import java.util.ArrayList;
import java.util.List;
import org.djlext.internal.BackwardNode;
import org.djlext.internal.NativeHooks;
import org.djlext.internal.NodePass;
import org.jspecify.annotations.Nullable;

/**
 * A backward pass inside the backward of a function, whose results go on to the outer pass. Hooks
 * on arrays that are part of the outer graph too are left out: the outer pass calls them.
 *
 * <p>The pass is known by its number, which it has only once it runs. So it starts at a node of our
 * own, in front of all outputs.
 */
final class InnerPass implements BackwardNode {

    private List<GradientHooks> outer = List.of();
    private Device device = Device.cpu();
    private Autograd.@Nullable Scope skipping;
    // The number of the pass; -1 before it runs.
    private volatile int number = -1;
    private boolean hasPlaces;

    /**
     * Returns another place in the graph for an array, where this pass ends and others go on: a
     * captured array may be what the array was computed from.
     */
    NDArray place(PtNDArray array) {
        hasPlaces = true;
        return NativeHooks.linked(new Place(this), new NDList(array), array.getManager()).get(0);
    }

    private record Place(InnerPass inner) implements BackwardNode {

        @Override
        public void backward(NodePass pass) {
            if (NativeHooks.currentPass() != inner.number) {
                passOn(pass, inner.device);
            }
        }

        @Override
        public String name() {
            return "CheckpointInput";
        }
    }

    /**
     * Computes gradients of outputs that all require one, null where there is none.
     *
     * @param captured those of the inputs that are part of the outer graph
     */
    NDList grad(
            NDList outputs,
            NDList inputs,
            NDList gradOutputs,
            NDList captured,
            boolean createGraph) {
        NDList none = new NDList();
        inputs.forEach(input -> none.add(null));
        if (outputs.isEmpty() || inputs.isEmpty()) {
            return none;
        }
        List<GradientHooks> hooked = new ArrayList<>();
        for (NDArray array : captured) {
            if (NativeHooks.hooksOf((PtNDArray) array, false) instanceof GradientHooks hooks) {
                hooked.add(hooks);
            }
        }
        outer = hooked;
        device = outputs.get(0).getDevice();
        if (outer.isEmpty() && !hasPlaces) {
            return Autograd.grad(outputs, inputs, gradOutputs, false, createGraph, true);
        }
        PtNDManager manager = (PtNDManager) outputs.get(0).getManager();
        NDList roots = NativeHooks.linked(this, outputs, manager);
        try {
            return Autograd.grad(roots, inputs, gradOutputs, false, createGraph, true);
        } finally {
            roots.close();
            if (skipping != null) {
                skipping.close();
            }
        }
    }

    @Override
    public void backward(NodePass pass) {
        number = NativeHooks.currentPass();
        skipping = GradientHooks.skipInThisPass(outer);
        passOn(pass, device);
    }

    private static void passOn(NodePass pass, Device device) {
        try (PtNDManager manager = (PtNDManager) NDManager.newBaseManager(device, "PyTorch")) {
            for (int k = 0; k < pass.count(); k++) {
                PtNDArray gradient = pass.gradient(k, manager);
                if (gradient != null) {
                    pass.answer(k, gradient);
                }
            }
        }
    }
}
