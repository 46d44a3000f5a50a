/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.function.Function;
import org.djlext.autograd.Autograd;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;
import org.djlext.torch.RandomState;
import org.jspecify.annotations.Nullable;

/**
 * Activation checkpointing: a part of the network keeps its inputs instead of its intermediates,
 * and computes these again when backward needs them.
 *
 * <p>A stack of n equal parts, each of which holds m numbers for backward and passes on a few,
 * needs n m numbers. Checkpointed in k segments it needs the k inputs of the segments and, during
 * backward, the n/k m numbers of one segment: with k near the root of n, memory grows with the root
 * of the depth. The price is one more forward.
 *
 * <p>Random operations such as dropout draw the same numbers when they are repeated: the state of
 * the engine's generator is put back for it, and restored afterwards. What else a part does on the
 * side happens twice; so batch norm moves its running statistics twice.
 *
 * <p>A checkpoint can be differentiated once.
 *
 * @see <a href="https://arxiv.org/abs/1604.06174">Chen et al., Training Deep Nets with Sublinear
 *     Memory Cost, 2016</a>
 */
public final class Checkpoint {

    private Checkpoint() {}

    /**
     * Runs a function without keeping its intermediates.
     *
     * @param function the function; it must compute the same whenever it is called
     * @param inputs its inputs
     * @param captured other arrays that it uses and that want a gradient, such as parameters
     * @return its outputs
     */
    public static NDList apply(Function<NDList, NDList> function, NDList inputs, NDList captured) {
        NDList all = new NDList(inputs);
        all.addAll(captured);
        return new Recompute(function, inputs.size(), captured).apply(all);
    }

    /** The function node: forward without a graph, backward through a graph made for it. */
    private static final class Recompute extends AutogradFunction {

        private final Function<NDList, NDList> function;
        private final int inputs;
        private final NDList captured;

        Recompute(Function<NDList, NDList> function, int inputs, NDList captured) {
            this.function = function;
            this.inputs = inputs;
            this.captured = captured;
        }

        @Override
        protected NDList forward(FunctionContext ctx, NDList all) {
            Device device = all.get(0).getDevice();
            // Saved like an input, but no input: the state belongs to this call.
            NDArray state = RandomState.get(all.get(0).getManager(), device);
            NDList arguments = new NDList(all.subList(0, inputs));
            NDArray[] saved = new NDArray[inputs + 1];
            saved[0] = state;
            for (int i = 0; i < inputs; i++) {
                saved[i + 1] = arguments.get(i);
            }
            ctx.saveForBackward(saved);
            return function.apply(arguments);
        }

        @Override
        protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
            NDList saved = ctx.savedTensors();
            NDManager manager = saved.get(0).getManager();
            NDList leaves = new NDList();
            NDList wanted = new NDList();
            for (int i = 0; i < inputs; i++) {
                NDArray leaf = saved.get(i + 1).stopGradient();
                if (ctx.needsInputGrad(i)) {
                    leaf.setRequiresGradient(true);
                    wanted.add(leaf);
                }
                leaves.add(leaf);
            }
            for (int i = 0; i < captured.size(); i++) {
                if (ctx.needsInputGrad(inputs + i)) {
                    wanted.add(captured.get(i));
                }
            }

            NDList outputs = repeat(manager, saved.get(0), leaves);
            NDList dependent = new NDList();
            NDList upstream = new NDList();
            for (int k = 0; k < outputs.size(); k++) {
                NDArray dy = gradOutputs.get(k);
                if (dy != null && Autograd.requiresGrad(outputs.get(k))) {
                    dependent.add(outputs.get(k));
                    upstream.add(dy);
                }
            }
            NDList found = Autograd.grad(dependent, wanted, upstream, false, false, true);
            NDList gradients = new NDList();
            int next = 0;
            for (int i = 0; i < inputs + captured.size(); i++) {
                @Nullable NDArray gradient = ctx.needsInputGrad(i) ? found.get(next++) : null;
                gradients.add(gradient);
            }
            return gradients;
        }

        private NDList repeat(NDManager manager, NDArray state, NDList leaves) {
            Device device = leaves.get(0).getDevice();
            NDArray now = RandomState.get(manager, device);
            RandomState.set(state, device);
            try (Autograd.Scope scope = Autograd.enableGrad()) {
                return function.apply(leaves);
            } finally {
                RandomState.set(now, device);
            }
        }

        @Override
        protected boolean onceDifferentiable() {
            return true;
        }

        @Override
        protected String name() {
            return "Checkpoint";
        }
    }
}
