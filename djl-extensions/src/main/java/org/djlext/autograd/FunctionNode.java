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
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.djlext.internal.BackwardNode;
import org.djlext.internal.EngineArrays;
import org.djlext.internal.NativeHooks;
import org.djlext.internal.NodePass;
import org.djlext.internal.TensorSpec;
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
    private final List<Place> asked;
    private final List<Place> linked;
    private volatile @Nullable NodeHooks hooks;

    // Which input or output it is, and what its gradient has to agree with. (The array itself would
    // keep memory alive.)
    private record Place(int index, TensorSpec spec) {}

    private FunctionNode(
            AutogradFunction function,
            FunctionContext ctx,
            NDList inputs,
            boolean[] needsGrad,
            int outputCount,
            List<Place> linked) {
        this.function = function;
        this.ctx = ctx;
        inputCount = inputs.size();
        this.outputCount = outputCount;
        this.linked = linked;
        // Loops, here and below: a stream costs more than all the rest of a small node.
        asked = new ArrayList<>(inputCount);
        for (int i = 0; i < inputCount; i++) {
            if (needsGrad[i]) {
                asked.add(new Place(i, TensorSpec.of((PtNDArray) inputs.get(i))));
            }
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
        boolean[] isLinked = new boolean[outputs.size()];
        List<Place> linked = new ArrayList<>(isLinked.length);
        for (int k = 0; k < isLinked.length; k++) {
            PtNDArray output = (PtNDArray) outputs.get(k);
            TensorSpec spec = TensorSpec.of(output);
            if (!ctx.isMarkedNonDifferentiable(output) && spec.isDifferentiable()) {
                isLinked[k] = true;
                linked.add(new Place(k, spec));
            }
        }
        if (linked.isEmpty()) {
            ctx.close();
            return scope.released(outputs);
        }
        // Before outputs are part of the graph, which would own what is saved of them.
        ctx.connect(inputs, scope.inputs(), outputs, isLinked);
        NDList results = scope.released(outputs, isLinked);
        NDList values = new NDList(linked.size());
        for (Place y : linked) {
            values.add(results.get(y.index));
        }
        FunctionNode node =
                new FunctionNode(function, ctx, inputs, needsGrad, isLinked.length, linked);
        NativeHooks.link(node, inputs, needsGrad, values);
        return results;
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
    public void backward(NodePass pass) {
        Device device = linked.get(0).spec.device();
        try (PtNDManager manager = (PtNDManager) NDManager.newBaseManager(device, "PyTorch")) {
            NDList gradOutputs = gradOutputs(pass, manager);
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
                    pass.answer(q, dx);
                }
            }
            if (!pass.keepsGraph()) {
                ctx.close();
            }
        }
    }

    private NDList gradOutputs(NodePass pass, PtNDManager manager) {
        @Nullable NDArray[] upstream = new NDArray[outputCount];
        PtNDArray given = null;
        for (int j = 0; j < linked.size(); j++) {
            PtNDArray dy = pass.gradient(j, manager);
            upstream[linked.get(j).index] = dy;
            given = dy == null ? given : dy;
        }
        for (Place y : linked) {
            if (given != null && upstream[y.index] == null && ctx.isMaterializeGrads()) {
                PtNDArray zeros = EngineArrays.zeros(manager, given, y.spec);
                NDScope.unregister(zeros);
                upstream[y.index] = zeros;
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
        } catch (Throwable e) {
            throw new IllegalStateException(failure(e), e);
        } finally {
            if (profile != null) {
                profile.backward(function.name(), start);
            }
        }
    }

    /** The same gradients, connected to a place in the graph where a derivative ends. */
    private NDList refused(NDList gradInputs, PtNDManager manager) {
        NoDerivative place =
                new NoDerivative(
                        function.name(),
                        " can be differentiated once, but its backward is to be differentiated in"
                                + " turn");
        NDList refused = new NDList(gradInputs);
        for (int i = 0; i < refused.size(); i++) {
            if (refused.get(i) instanceof PtNDArray dx) {
                refused.set(i, place.of(dx.getHandle(), manager));
            }
        }
        return refused;
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

    private void check(NDList gradInputs) {
        FunctionCall.checkCount(function, gradInputs, inputCount);
        for (Place x : asked) {
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
                        "%s.backward: the gradient of %s is closed; return an open array"
                                .formatted(function.name(), function.inputName(i)));
            }
            TensorSpec got = TensorSpec.of(tensor);
            TensorSpec.Difference difference = x.spec.difference(got);
            if (difference != null && !(function.sumsToInputShape() && x.spec.isBroadcastTo(got))) {
                throw mismatch(i, difference.what(), difference.must(), difference.got());
            }
        }
    }

    private void checkForNaN(NDList gradOutputs, NDList gradInputs) {
        if (gradOutputs.stream().anyMatch(dy -> dy != null && hasNaN(dy))) {
            return; // it came from further up
        }
        for (Place x : asked) {
            NDArray dx = gradInputs.get(x.index);
            if (dx != null && hasNaN(dx)) {
                throw new IllegalStateException(
                        ("%s.backward made NaN in the gradient of %s, from upstream gradients"
                                        + " without NaN")
                                .formatted(function.name(), function.inputName(x.index)));
            }
        }
    }

    private void checkGradOutputs(NDList gradOutputs) {
        boolean fits = gradOutputs.size() == outputCount;
        for (Place y : linked) {
            NDArray dy = fits ? gradOutputs.get(y.index) : null;
            fits &=
                    dy == null
                            || (dy instanceof PtNDArray tensor
                                    && y.spec.isLike(TensorSpec.of(tensor)));
        }
        if (!fits) {
            throw new IllegalStateException(
                    ("%s: a hook before backward must return a gradient for each of %s outputs, of"
                                    + " its shape and type, but returned %s")
                            .formatted(
                                    function.name(),
                                    outputCount,
                                    gradOutputs.stream().map(Arguments::shapeAndType).toList()));
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
                "%s.backward: the gradient of %s must have %s %s, but has %s"
                        .formatted(function.name(), function.inputName(i), what, must, got));
    }

    @Override
    public void onRelease() {
        ctx.close();
    }

    @Override
    public String name() {
        return function.name();
    }
}
