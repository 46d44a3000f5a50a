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
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.djlext.internal.EngineArrays;
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
 * side happens twice; so batch norm moves its running statistics twice. A part that computes
 * something else when it is repeated is an error: the outputs must agree in number, shape, type
 * and, by their sums, in value.
 *
 * <p>Hooks on the inputs and on captured arrays are called once, as without a checkpoint. Second
 * derivatives go through a checkpoint; what they need of its intermediates lives as long as the
 * graph of the first.
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
     * @param captured other arrays that it uses and that want a gradient, such as parameters; none
     *     computed from another of them
     * @return its outputs
     * @throws IllegalArgumentException if a captured array was computed from another
     * @throws IllegalStateException if the function uses an array that requires a gradient and is
     *     neither an input nor captured; thrown here if no other array requires one, or else from
     *     backward
     */
    public static NDList apply(Function<NDList, NDList> function, NDList inputs, NDList captured) {
        if (inputs.isEmpty() && captured.isEmpty()) {
            return function.apply(inputs);
        }
        // One that two layers share has one gradient.
        NDList distinct = new NDList();
        for (NDArray array : captured) {
            if (ForwardScope.indexOf(distinct, array) < 0) {
                distinct.add(array);
            }
        }
        NDList all = new NDList(inputs);
        all.addAll(distinct);
        Recompute recompute = new Recompute(function, inputs.size(), distinct);
        if (Autograd.isRecording() && all.stream().noneMatch(Autograd::requiresGrad)) {
            return recompute.withoutGradient(all);
        }
        if (Autograd.isRecording()) {
            Captures.checkIndependent(distinct);
        }
        return recompute.apply(all);
    }

    // What an output has to be when it is computed again.
    private record Fingerprint(Shape shape, DataType type, double sum) {

        static List<Fingerprint> of(NDList outputs) {
            List<Fingerprint> fingerprints = new ArrayList<>(outputs.size());
            try (Autograd.Scope scope = Autograd.noGrad()) {
                for (NDArray output : outputs) {
                    try (NDArray sum = output.sum();
                            NDArray number = EngineArrays.cast((PtNDArray) sum, DataType.FLOAT64)) {
                        double value = number.getDouble();
                        fingerprints.add(
                                new Fingerprint(output.getShape(), output.getDataType(), value));
                    }
                }
            }
            return fingerprints;
        }

        @Override
        public String toString() {
            return shape + " " + type + " " + sum;
        }

        // A GPU may add up in another order.
        boolean agrees(Fingerprint other) {
            double tolerance = 1e-3 * Math.max(Math.abs(sum), 1);
            return shape.equals(other.shape)
                    && type == other.type
                    && (Double.compare(sum, other.sum) == 0
                            || Math.abs(sum - other.sum) <= tolerance);
        }
    }

    // What one call hands to its backward.
    private record Call(List<Fingerprint> outputs) {}

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

        NDList withoutGradient(NDList all) {
            try (ForwardScope scope = new ForwardScope(all, false)) {
                NDList outputs = run(scope.inputs().subList(0, inputs));
                Captures.checkDeclared(outputs, new NDList(), all.get(0));
                return scope.released(outputs);
            }
        }

        private NDList run(List<NDArray> arguments) {
            return FunctionCall.checked(this, function.apply(new NDList(arguments)));
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
            NDList outputs = run(arguments);
            ctx.setAttribute("call", new Call(Fingerprint.of(outputs)));
            return outputs;
        }

        @Override
        protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
            NDList saved = ctx.savedTensors();
            NDManager manager = saved.get(0).getManager();
            boolean createGraph = Autograd.isRecording();
            InnerPass pass = new InnerPass();
            NDList arguments = new NDList();
            NDList wanted = new NDList();
            for (int i = 0; i < inputs; i++) {
                NDArray argument =
                        argument(
                                saved.get(i + 1), ctx.needsInputGrad(i), createGraph ? pass : null);
                if (ctx.needsInputGrad(i)) {
                    wanted.add(argument);
                }
                arguments.add(argument);
            }
            NDList wantedCaptured = new NDList();
            for (int i = 0; i < captured.size(); i++) {
                if (ctx.needsInputGrad(inputs + i)) {
                    wantedCaptured.add(captured.get(i));
                }
            }
            wanted.addAll(wantedCaptured);

            NDList outputs = repeat(manager, saved.get(0), arguments);
            Captures.checkDeclared(
                    outputs, wanted, captured.isEmpty() ? saved.get(1) : captured.get(0));
            check(ctx.getAttribute("call", Call.class).outputs, Fingerprint.of(outputs));
            NDList dependent = new NDList();
            NDList upstream = new NDList();
            for (int k = 0; k < outputs.size(); k++) {
                NDArray dy = gradOutputs.get(k);
                if (dy != null && Autograd.requiresGrad(outputs.get(k))) {
                    dependent.add(outputs.get(k));
                    upstream.add(dy);
                }
            }
            NDList found = pass.grad(dependent, wanted, upstream, wantedCaptured, createGraph);
            NDList gradients = new NDList();
            int next = 0;
            for (int i = 0; i < inputs + captured.size(); i++) {
                @Nullable NDArray gradient = ctx.needsInputGrad(i) ? found.get(next++) : null;
                gradients.add(gradient);
            }
            return gradients;
        }

        // Another place than the input's own, to differentiate by: a leaf, or for second
        // derivatives
        // one that leads on to where the input came from.
        private static NDArray argument(
                NDArray saved, boolean wanted, @Nullable InnerPass connecting) {
            if (wanted && connecting != null) {
                return connecting.place((PtNDArray) saved);
            }
            NDArray leaf = saved.stopGradient();
            leaf.setRequiresGradient(wanted);
            return leaf;
        }

        private NDList repeat(NDManager manager, NDArray state, NDList arguments) {
            Device device =
                    arguments.isEmpty()
                            ? captured.get(0).getDevice()
                            : arguments.get(0).getDevice();
            NDArray now = RandomState.get(manager, device);
            RandomState.set(state, device);
            try (Autograd.Scope scope = Autograd.enableGrad()) {
                return run(arguments);
            } finally {
                RandomState.set(now, device);
            }
        }

        private static void check(List<Fingerprint> first, List<Fingerprint> again) {
            boolean same = first.size() == again.size();
            for (int k = 0; same && k < first.size(); k++) {
                same = first.get(k).agrees(again.get(k));
            }
            if (!same) {
                throw new IllegalStateException(
                        ("a checkpointed function must compute the same again in backward, but"
                                        + " first its outputs had (shape, type, sum) %s and then"
                                        + " %s; draw random numbers from the engine's generator"
                                        + " alone, and change nothing on the side")
                                .formatted(first, again));
            }
        }

        @Override
        protected String name() {
            return "Checkpoint";
        }
    }
}
