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
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.djlext.torch.BackwardNode;
import org.djlext.torch.BackwardPass;
import org.djlext.torch.NativeHooks;
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
        List<PtNDArray> one = List.of(array);
        boolean[] needed = {true};
        return NativeHooks.link(
                new Place(this), "CheckpointInput", one, needed, one, array.getManager())[0];
    }

    private record Place(InnerPass inner) implements BackwardNode {

        @Override
        public void backward(long[] gradients, long pass, boolean keepGraph) {
            if (BackwardPass.current() != inner.number) {
                passOn(gradients, pass, inner.device);
            } else if (gradients[0] != 0) {
                JniUtils.deleteNDArray(gradients[0]);
                gradients[0] = 0;
            }
        }

        @Override
        public void onRelease() {
            // It holds nothing.
        }
    }

    /**
     * Computes gradients, null where there is none.
     *
     * @param outputs the outputs, all of which require a gradient
     * @param inputs the arrays to differentiate by
     * @param gradOutputs the upstream gradients
     * @param captured those of the inputs that are part of the outer graph
     * @param createGraph whether the gradients are to be part of a graph
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
        List<PtNDArray> tensors = new ArrayList<>();
        outputs.forEach(output -> tensors.add((PtNDArray) output));
        boolean[] all = new boolean[tensors.size()];
        Arrays.fill(all, true);
        PtNDManager manager = tensors.get(0).getManager();
        NDList roots = new NDList();
        try (Autograd.Scope scope = Autograd.enableGrad()) {
            roots.addAll(
                    List.of(NativeHooks.link(this, "InnerPass", tensors, all, tensors, manager)));
        }
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
    public void backward(long[] gradients, long pass, boolean keepGraph) {
        number = BackwardPass.current();
        skipping = GradientHooks.skipInThisPass(outer);
        passOn(gradients, pass, device);
    }

    private static void passOn(long[] gradients, long pass, Device device) {
        try (PtNDManager manager = (PtNDManager) NDManager.newBaseManager(device, "PyTorch")) {
            for (int k = 0; k < gradients.length - 1; k++) {
                if (gradients[k] != 0) {
                    PtNDArray gradient = new PtNDArray(manager, gradients[k]);
                    gradients[k] = 0;
                    NativeHooks.answer(pass, k, gradient);
                }
            }
        }
    }

    @Override
    public void onRelease() {
        // It holds nothing.
    }
}
