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
import java.util.Arrays;
import java.util.List;
import org.djlext.torch.BackwardNode;
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

    private final List<GradientHooks> outer;
    private final Device device;
    private Autograd.@Nullable Scope skipping;

    private InnerPass(List<GradientHooks> outer, Device device) {
        this.outer = outer;
        this.device = device;
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
    static NDList grad(
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
        List<GradientHooks> outer = new ArrayList<>();
        for (NDArray array : captured) {
            if (NativeHooks.hooksOf((PtNDArray) array, false) instanceof GradientHooks hooks) {
                outer.add(hooks);
            }
        }
        if (outer.isEmpty()) {
            return Autograd.grad(outputs, inputs, gradOutputs, false, createGraph, true);
        }
        InnerPass start = new InnerPass(outer, outputs.get(0).getDevice());
        List<PtNDArray> tensors = new ArrayList<>();
        outputs.forEach(output -> tensors.add((PtNDArray) output));
        boolean[] all = new boolean[tensors.size()];
        Arrays.fill(all, true);
        PtNDManager manager = tensors.get(0).getManager();
        NDList roots = new NDList();
        try (Autograd.Scope scope = Autograd.enableGrad()) {
            roots.addAll(
                    List.of(NativeHooks.link(start, "InnerPass", tensors, all, tensors, manager)));
        }
        try {
            return Autograd.grad(roots, inputs, gradOutputs, false, createGraph, true);
        } finally {
            roots.close();
            if (start.skipping != null) {
                start.skipping.close();
            }
        }
    }

    @Override
    public void backward(long[] gradients, long pass, boolean keepGraph) {
        skipping = GradientHooks.skipInThisPass(outer);
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
