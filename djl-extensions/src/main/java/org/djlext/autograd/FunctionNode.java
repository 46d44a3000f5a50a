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
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import org.djlext.torch.GradientNode;
import org.djlext.torch.NativeHooks;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One call of an {@link AutogradFunction} in the engine's graph.
 *
 * <p>In a backward pass the engine hands over the gradients of the outputs, one by one, and then
 * asks for those of the inputs, one by one. The first question runs the function's backward; its
 * results answer all of them.
 */
final class FunctionNode implements GradientNode {

    private static final int MOST_PASSES = 8;

    private static final Logger logger = LoggerFactory.getLogger(FunctionNode.class);

    private final AutogradFunction function;
    private final FunctionContext ctx;
    private final int inputCount;
    private final int outputCount;
    // The inputs that need a gradient, each of which is a question of the engine.
    private final Spec[] asked;
    // The differentiable outputs, for each of which the engine has a gradient.
    private final Spec[] linked;
    // Passes by their number: on a graph that is kept, several threads can be at it at once. A
    // pass that wants only some inputs, or that broke off, stays here with what it has until it
    // is one of the oldest, or the graph is freed.
    private final Map<Integer, Pass> passes = new LinkedHashMap<>();

    // Which input or output it is, and what its gradient has to agree with. (The array itself would
    // keep memory alive.)
    private record Spec(int index, Shape shape, DataType type, Device device) {

        // A loop, here and below: a stream costs more than all the rest of a small node.
        static Spec[] of(NDList arrays, IntPredicate chosen) {
            List<Spec> specs = new ArrayList<>(arrays.size());
            for (int i = 0; i < arrays.size(); i++) {
                if (chosen.test(i)) {
                    NDArray a = arrays.get(i);
                    specs.add(new Spec(i, a.getShape(), a.getDataType(), a.getDevice()));
                }
            }
            return specs.toArray(new Spec[0]);
        }
    }

    // One backward pass of the engine: what it brought so far, and then the answers.
    private static final class Pass {
        final PtNDManager manager;
        final @Nullable PtNDArray[] gradOutputs;
        // Handles, in the order of the questions; 0 for one that was handed over or does not exist.
        long @Nullable [] answers;
        int unanswered;

        Pass(PtNDManager manager, int outputs, int questions) {
            this.manager = manager;
            gradOutputs = new PtNDArray[outputs];
            unanswered = questions;
        }
    }

    private FunctionNode(
            AutogradFunction function, FunctionContext ctx, NDList inputs, NDList outputs) {
        this.function = function;
        this.ctx = ctx;
        inputCount = inputs.size();
        outputCount = outputs.size();
        asked = Spec.of(inputs, ctx::needsInputGrad);
        linked = Spec.of(outputs, k -> ctx.isDifferentiable(outputs.get(k)));
    }

    /**
     * Puts a call of the function into the graph and returns its outputs, now part of the graph.
     */
    static NDList link(
            AutogradFunction function,
            FunctionContext ctx,
            NDList inputs,
            List<PtNDArray> differentiated,
            NDList outputs,
            ForwardScope scope) {
        FunctionNode node = new FunctionNode(function, ctx, inputs, outputs);
        Spec[] linked = node.linked;
        if (linked.length == 0) {
            ctx.close();
            return scope.released(outputs);
        }
        long javaMemory = scope.javaMemory();
        List<PtNDArray> values = new ArrayList<>(linked.length);
        for (Spec spec : linked) {
            NDArray output = outputs.get(spec.index);
            if (JavaMemory.mayHold(javaMemory, output)) {
                NDArray copy = output.duplicate();
                copy.setName(output.getName());
                output = copy;
            }
            values.add((PtNDArray) output);
        }
        List<PtNDArray> nodes =
                NativeHooks.link(node, differentiated, values, scope.outputManager());
        NDList results = new NDList(outputs);
        for (int j = 0; j < linked.length; j++) {
            nodes.get(j).setName(values.get(j).getName());
            results.set(linked[j].index, nodes.get(j));
        }
        ctx.connect(inputs, scope.inputs(), javaMemory);
        return scope.released(results);
    }

    @Override
    public synchronized long onGradient(int index, long gradient, int number, boolean keepGraph) {
        Pass current = passes.get(number);
        if (current == null) {
            if (passes.size() == MOST_PASSES) {
                end(passes.remove(passes.keySet().iterator().next()));
            }
            Device device = linked[0].device;
            PtNDManager manager = (PtNDManager) NDManager.newBaseManager(device, "PyTorch");
            current = new Pass(manager, linked.length, asked.length);
            passes.put(number, current);
        }
        try {
            if (index < linked.length) {
                if (gradient != 0) {
                    PtNDArray dy = new PtNDArray(current.manager, gradient);
                    NDScope.unregister(dy);
                    current.gradOutputs[index] = dy;
                }
                return 0;
            }
            // No output had a gradient.
            if (gradient == 0) {
                return 0;
            }
            if (current.answers == null) {
                current.answers = answers(runBackward(current, keepGraph), current.manager);
                // Intermediates of backward, and the gradients it came from, are not needed any
                // more.
                current.manager.close();
            }
            int question = index - linked.length;
            long answer = current.answers[question];
            current.answers[question] = 0;
            if (--current.unanswered == 0) {
                passes.remove(number);
            }
            return answer;
        } catch (RuntimeException | Error e) {
            end(passes.remove(number));
            throw e;
        }
    }

    /** Handles of the gradients that were asked for; 0 leaves the engine's zeros. */
    private long[] answers(NDList gradInputs, NDManager manager) {
        long[] answers = new long[asked.length];
        long javaMemory = JavaMemory.largestIn(manager);
        for (int q = 0; q < asked.length; q++) {
            NDArray dx = gradInputs.get(asked[q].index);
            if (dx != null && JavaMemory.mayHold(javaMemory, dx)) {
                dx = dx.duplicate();
            }
            answers[q] =
                    dx == null
                            ? 0
                            : NativeHooks.newGradient((PtNDArray) dx, dx.getManager() == manager);
        }
        return answers;
    }

    private NDList runBackward(Pass current, boolean keepGraph) {
        NDArray[] upstream = new NDArray[outputCount];
        for (int j = 0; j < linked.length; j++) {
            NDArray dy = current.gradOutputs[j];
            if (dy == null && ctx.isMaterializeGrads()) {
                Spec y = linked[j];
                dy = current.manager.zeros(y.shape, y.type, y.device);
            }
            upstream[linked[j].index] = dy;
        }
        NDList gradOutputs = new NDList(upstream);
        if (function.onceDifferentiable() && JniUtils.isGradMode()) {
            throw new IllegalStateException(
                    function.name()
                            + " can be differentiated once, but its backward is to be differentiated in"
                            + " turn (createGraph)");
        }
        long[] versions = versions(upstream);
        ctx.beginPass(current.manager);
        NDList gradInputs;
        try {
            gradInputs = function.backward(ctx, gradOutputs);
        } catch (Throwable e) {
            // Only the message survives the way through the engine; the rest goes to the log.
            logger.debug("{}.backward failed", function.name(), e);
            throw new IllegalStateException(failure(e), e);
        } finally {
            ctx.endPass();
        }
        if (!Arrays.equals(versions, versions(upstream))) {
            throw new IllegalStateException(
                    function.name()
                            + ".backward changed an upstream gradient in place, which others use too;"
                            + " change a copy instead");
        }
        check(gradInputs);
        if (Autograd.isDetectingAnomaly()) {
            checkForNaN(gradOutputs, gradInputs);
        }
        if (!keepGraph) {
            ctx.close();
        }
        return gradInputs;
    }

    private static long[] versions(@Nullable NDArray[] upstream) {
        long[] versions = new long[upstream.length];
        for (int k = 0; k < versions.length; k++) {
            versions[k] =
                    upstream[k] instanceof PtNDArray tensor && !tensor.isReleased()
                            ? NativeHooks.version(tensor)
                            : -1;
        }
        return versions;
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
            if (!dx.getShape().equals(x.shape)) {
                throw mismatch(i, "shape", x.shape, dx.getShape());
            }
            if (dx.getDataType() != x.type) {
                throw mismatch(i, "type", x.type, dx.getDataType());
            }
            if (!dx.getDevice().equals(x.device)) {
                throw mismatch(i, "device", x.device, dx.getDevice());
            }
            if (dx.getSparseFormat() != SparseFormat.DENSE) {
                throw mismatch(i, "layout", SparseFormat.DENSE, dx.getSparseFormat());
            }
        }
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
    public synchronized void onRelease() {
        passes.values().forEach(FunctionNode::end);
        passes.clear();
        ctx.close();
    }

    private static void end(@Nullable Pass pass) {
        if (pass == null) {
            return;
        }
        pass.manager.close();
        if (pass.answers != null) {
            for (long answer : pass.answers) {
                if (answer != 0) {
                    JniUtils.deleteNDArray(answer);
                }
            }
        }
    }
}
