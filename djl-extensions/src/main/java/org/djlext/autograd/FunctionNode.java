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
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.djlext.torch.BackwardNode;
import org.djlext.torch.NativeHooks;
import org.djlext.torch.TensorKind;
import org.jspecify.annotations.Nullable;

/**
 * One call of an {@link AutogradFunction} in the engine's graph. In a backward pass the engine
 * hands over the gradients of the outputs and takes those of the inputs.
 */
final class FunctionNode implements BackwardNode {

    private final AutogradFunction function;
    private final FunctionContext ctx;
    private final int inputCount;
    private final int outputCount;
    // The inputs that need a gradient, and the outputs that are part of the graph.
    private final List<Spec> asked;
    private final List<Spec> linked;
    private volatile @Nullable NodeHooks hooks;

    // Which input or output it is, and what its gradient has to agree with. (The array itself would
    // keep memory alive.)
    private record Spec(int index, Shape shape, TensorKind kind, Device device) {

        static Spec of(NDList arrays, int i) {
            PtNDArray a = (PtNDArray) arrays.get(i);
            return new Spec(i, a.getShape(), TensorKind.of(a), a.getDevice());
        }
    }

    private FunctionNode(
            AutogradFunction function,
            FunctionContext ctx,
            NDList inputs,
            boolean[] needsGrad,
            NDList outputs,
            List<Integer> linked) {
        this.function = function;
        this.ctx = ctx;
        inputCount = inputs.size();
        outputCount = outputs.size();
        // Loops, here and below: a stream costs more than all the rest of a small node.
        asked = new ArrayList<>(inputCount);
        for (int i = 0; i < inputCount; i++) {
            if (needsGrad[i]) {
                asked.add(Spec.of(inputs, i));
            }
        }
        this.linked = new ArrayList<>(linked.size());
        for (int k : linked) {
            this.linked.add(Spec.of(outputs, k));
        }
    }

    /**
     * Puts a call of the function into the graph and returns its outputs, now part of the graph.
     */
    static NDList link(
            AutogradFunction function,
            FunctionContext ctx,
            NDList inputs,
            boolean[] needsGrad,
            NDList outputs,
            ForwardScope scope) {
        List<Integer> linked = new ArrayList<>(outputs.size());
        List<PtNDArray> values = new ArrayList<>(outputs.size());
        for (int k = 0; k < outputs.size(); k++) {
            PtNDArray output = (PtNDArray) outputs.get(k);
            if (!ctx.isMarkedNonDifferentiable(output)
                    && TensorKind.of(output).isDifferentiable()) {
                linked.add(k);
                values.add(output);
            }
        }
        if (linked.isEmpty()) {
            ctx.close();
            return scope.released(outputs);
        }
        FunctionNode node = new FunctionNode(function, ctx, inputs, needsGrad, outputs, linked);
        List<PtNDArray> tensors = new ArrayList<>(inputs.size());
        for (NDArray input : inputs) {
            tensors.add((PtNDArray) input);
        }
        PtNDArray[] nodes =
                NativeHooks.link(
                        node, function.name(), tensors, needsGrad, values, scope.outputManager());
        NDList results = new NDList(outputs);
        for (int j = 0; j < nodes.length; j++) {
            nodes[j].setName(values.get(j).getName());
            results.set(linked.get(j), nodes[j]);
        }
        ctx.connect(inputs, scope.inputs(), outputs, linked);
        return scope.released(results);
    }

    /** The users' functions around the backward of this call. */
    synchronized NodeHooks hooks() {
        NodeHooks all = hooks;
        if (all == null) {
            all = new NodeHooks();
            hooks = all;
        }
        return all;
    }

    @Override
    public void backward(long[] gradients, long pass, boolean keepGraph) {
        Device device = linked.get(0).device;
        if (gradients[linked.size()] != 0) {
            throw noDerivative();
        }
        try (PtNDManager manager = (PtNDManager) NDManager.newBaseManager(device, "PyTorch")) {
            NDList gradOutputs = gradOutputs(gradients, manager);
            NodeHooks hooked = hooks;
            if (hooked != null) {
                gradOutputs = hooked.before(gradOutputs, this::checkGradOutputs);
            }
            NDList gradInputs = runBackward(gradOutputs, manager);
            check(gradInputs);
            if (hooked != null) {
                gradInputs = hooked.after(gradInputs, gradOutputs, this::check);
            }
            if (AnomalyMode.isOn()) {
                checkForNaN(gradOutputs, gradInputs);
            }
            for (int q = 0; q < asked.size(); q++) {
                PtNDArray dx = (PtNDArray) gradInputs.get(asked.get(q).index);
                if (dx != null) {
                    NativeHooks.answer(pass, q, dx);
                }
            }
            if (!keepGraph) {
                ctx.close();
            }
        }
    }

    private NDList gradOutputs(long[] gradients, PtNDManager manager) {
        @Nullable NDArray[] upstream = new NDArray[outputCount];
        PtNDArray given = null;
        for (int j = 0; j < linked.size(); j++) {
            if (gradients[j] != 0) {
                given = new PtNDArray(manager, gradients[j]);
                gradients[j] = 0;
                NDScope.unregister(given);
                upstream[linked.get(j).index] = given;
            }
        }
        for (Spec y : linked) {
            if (given != null && upstream[y.index] == null && ctx.isMaterializeGrads()) {
                PtNDArray zeros = NativeHooks.zeros(given, y.shape, y.kind);
                NDScope.unregister(zeros);
                upstream[y.index] = zeros.toDevice(y.device, false);
            }
        }
        return new NDList(upstream);
    }

    private NDList runBackward(NDList gradOutputs, PtNDManager manager) {
        boolean refusing = function.onceDifferentiable() && JniUtils.isGradMode();
        FunctionProfile profile = FunctionProfile.active();
        long start = profile == null ? 0 : System.nanoTime();
        try (Autograd.Scope mode = refusing ? Autograd.noGrad() : () -> {}) {
            NDList gradInputs = function.backward(ctx.forPass(manager), gradOutputs);
            return refusing && gradInputs != null ? refused(gradInputs, manager) : gradInputs;
        } catch (RuntimeException | Error e) {
            throw new IllegalStateException(failure(e), e);
        } finally {
            if (profile != null) {
                profile.backward(function.name(), start);
            }
        }
    }

    /** The same gradients, connected to the place in the graph where a derivative ends. */
    private NDList refused(NDList gradInputs, PtNDManager manager) {
        NDList refused = new NDList(gradInputs);
        for (int i = 0; i < refused.size(); i++) {
            if (refused.get(i) instanceof PtNDArray dx) {
                long handle = NativeHooks.asOutput(dx.getHandle(), linked.size());
                refused.set(i, new PtNDArray(manager, handle));
            }
        }
        return refused;
    }

    private IllegalStateException noDerivative() {
        return new IllegalStateException(
                function.name()
                        + (function.onceDifferentiable()
                                ? " can be differentiated once, but its backward is to be"
                                        + " differentiated in turn"
                                : ": a saved tensor is neither an input nor an output, and backward"
                                        + " cannot be differentiated through it; save inputs or"
                                        + " outputs if you need second derivatives"));
    }

    private String failure(Throwable e) {
        String where =
                Arrays.stream(e.getStackTrace())
                        .filter(f -> f.getClassName().equals(function.getClass().getName()))
                        .findFirst()
                        .map(f -> " (at " + f.getFileName() + ":" + f.getLineNumber() + ")")
                        .orElse("");
        return function.name() + ".backward threw " + e + where;
    }

    private void check(@Nullable NDList gradInputs) {
        int count = gradInputs == null ? 0 : gradInputs.size();
        if (gradInputs == null || count != inputCount) {
            List<String> names = function.inputNames();
            throw new IllegalStateException(
                    function.name()
                            + ".backward returned "
                            + (gradInputs == null
                                    ? "null for "
                                    : count + (count == 1 ? " gradient for " : " gradients for "))
                            + inputCount
                            + (inputCount == 1 ? " input" : " inputs")
                            + (names.isEmpty() ? "" : " (" + String.join(", ", names) + ")")
                            + "; return one for each, in order, and null for an input that has none");
        }
        for (Spec x : asked) {
            int i = x.index;
            NDArray dx = gradInputs.get(i);
            if (dx == null) {
                continue;
            }
            if (!(dx instanceof PtNDArray tensor)) {
                throw mismatch(i, "engine", "PyTorch", dx.getManager().getEngine().getEngineName());
            }
            if (tensor.isReleased()) {
                throw new IllegalStateException(
                        function.name()
                                + ".backward: the gradient of "
                                + function.inputName(i)
                                + " is closed; return an open array");
            }
            if (!dx.getShape().equals(x.shape)
                    && !(function.sumsToInputShape() && isBroadcast(x.shape, dx.getShape()))) {
                throw mismatch(i, "shape", x.shape, dx.getShape());
            }
            TensorKind got = TensorKind.of(tensor);
            if (!got.isOfTypeOf(x.kind)) {
                throw mismatch(i, "type", x.kind.dataType(), dx.getDataType());
            }
            if (!dx.getDevice().equals(x.device)) {
                throw mismatch(i, "device", x.device, dx.getDevice());
            }
            if (!got.isDense()) {
                throw mismatch(i, "layout", "DENSE", dx.getSparseFormat());
            }
        }
    }

    /** Tells whether an array of a shape can be broadcast to another. */
    private static boolean isBroadcast(Shape from, Shape to) {
        int more = to.dimension() - from.dimension();
        boolean fits = more >= 0;
        for (int d = 0; fits && d < from.dimension(); d++) {
            fits = from.get(d) == 1 || from.get(d) == to.get(d + more);
        }
        return fits;
    }

    private void checkForNaN(NDList gradOutputs, NDList gradInputs) {
        if (gradOutputs.stream().anyMatch(dy -> dy != null && hasNaN(dy))) {
            return; // it came from further up
        }
        for (Spec x : asked) {
            NDArray dx = gradInputs.get(x.index);
            if (dx != null && hasNaN(dx)) {
                throw new IllegalStateException(
                        function.name()
                                + ".backward made NaN in the gradient of "
                                + function.inputName(x.index)
                                + ", from upstream gradients without NaN");
            }
        }
    }

    private void checkGradOutputs(NDList gradOutputs) {
        boolean fits = gradOutputs.size() == outputCount;
        for (Spec y : linked) {
            NDArray dy = fits ? gradOutputs.get(y.index) : null;
            fits &=
                    dy == null
                            || (dy instanceof PtNDArray tensor
                                    && dy.getShape().equals(y.shape)
                                    && TensorKind.of(tensor).isOfTypeOf(y.kind));
        }
        if (!fits) {
            throw new IllegalStateException(
                    function.name()
                            + ": a hook before backward must return a gradient for each of "
                            + outputCount
                            + " outputs, of its shape and type, but returned "
                            + gradOutputs.stream().map(Arguments::shapeAndType).toList());
        }
    }

    private static boolean hasNaN(NDArray array) {
        try (NDArray nan = array.isNaN();
                NDArray any = nan.any()) {
            return any.getBoolean();
        }
    }

    private IllegalStateException mismatch(int i, String what, Object must, Object got) {
        return new IllegalStateException(
                function.name()
                        + ".backward: the gradient of "
                        + function.inputName(i)
                        + " must have "
                        + what
                        + " "
                        + must
                        + ", but has "
                        + got);
    }

    @Override
    public void onRelease() {
        ctx.close();
    }
}
