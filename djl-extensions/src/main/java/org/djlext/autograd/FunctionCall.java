/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.pytorch.engine.PtNDArray;
import java.util.List;
import org.djlext.internal.ForwardLevel;
import org.djlext.internal.NativeHooks;
import org.jspecify.annotations.Nullable;

/**
 * How a call of a function is run: by a recorder, by the engine's own gradients, in forward mode,
 * or with a node in the graph.
 */
final class FunctionCall {

    private FunctionCall() {}

    static NDList apply(AutogradFunction function, NDList inputs) {
        Recorder recorder = Recorder.of(inputs);
        if (recorder != null) {
            NDList byEngine = function.forwardByEngine(inputs);
            return byEngine == null ? recorder.record(function, inputs) : byEngine;
        }
        for (int i = 0; i < inputs.size(); i++) {
            NDArray input = inputs.get(i);
            if (Arguments.tensor(input) == null && (input != null || !function.isOptional(i))) {
                throw new IllegalArgumentException(
                        "%s takes arrays of numbers of the PyTorch engine, but %s is %s"
                                .formatted(
                                        function.name(),
                                        function.inputName(i),
                                        Arguments.kind(input)));
            }
        }
        if (EngineGradients.areOn()) {
            return EngineGradients.apply(function, inputs);
        }
        NDList forwardMode = ForwardLevel.isOn() ? ForwardMode.apply(function, inputs) : null;
        if (forwardMode != null) {
            return forwardMode;
        }
        FunctionProfile profile = FunctionProfile.active();
        return profile == null ? run(function, inputs) : profile.run(function, inputs);
    }

    /** Runs forward, and puts a node into the graph where an input needs a gradient. */
    static NDList run(AutogradFunction function, NDList inputs) {
        boolean recording = Autograd.isRecording();
        boolean[] needsGrad = new boolean[inputs.size()];
        boolean any = false;
        if (recording) {
            for (int i = 0; i < needsGrad.length; i++) {
                PtNDArray input = (PtNDArray) inputs.get(i);
                needsGrad[i] = input != null && NativeHooks.requiresGrad(input);
                if (needsGrad[i]) {
                    NativeHooks.ensureLoaded();
                    requireDense(function, input, function.inputName(i));
                    any = true;
                }
            }
        }
        FunctionContext ctx = new FunctionContext(function.name(), needsGrad);
        try (ForwardScope scope = new ForwardScope(inputs, recording)) {
            if (any) {
                scope.watchInputs();
            }
            NDList outputs;
            try {
                outputs = forward(function, ctx, scope.inputs());
            } finally {
                scope.endForward();
            }
            if (!any) {
                return scope.released(outputs);
            }
            int changed = scope.changedInput();
            if (changed >= 0) {
                throw new IllegalStateException(
                        ("%s.forward changed %s in place, which the graph does not see; change a"
                                        + " copy instead")
                                .formatted(function.name(), function.inputName(changed)));
            }
            return FunctionNode.link(function, ctx, inputs, needsGrad, outputs, scope);
        } catch (Throwable e) { // Kotlin and Scala throw checked exceptions too
            ctx.close();
            throw e;
        }
    }

    /** Runs forward, which may do with its list what it likes, and returns its outputs. */
    static NDList forward(AutogradFunction function, FunctionContext ctx, NDList inputs) {
        return checked(function, function.forward(ctx, new NDList(inputs)));
    }

    /** Returns the outputs, if they are what forward may return. */
    static NDList checked(AutogradFunction function, NDList outputs) {
        checkPresent(function, outputs);
        for (int k = 0; k < outputs.size(); k++) {
            NDArray output = outputs.get(k);
            if (Arguments.tensor(output) == null) {
                throw new IllegalStateException(
                        ("%s.forward must return arrays of numbers of the PyTorch engine, but"
                                        + " output %s is %s")
                                .formatted(function.name(), k, Arguments.kind(output)));
            }
            requireDense(function, output, "output " + k);
        }
        return outputs;
    }

    static void checkPresent(AutogradFunction function, @Nullable NDList outputs) {
        if (outputs == null || outputs.isEmpty()) {
            throw new IllegalStateException(
                    function.name()
                            + ".forward must return at least one output, but returned none");
        }
    }

    /** Checks that backward has returned something for each input. */
    static void checkCount(AutogradFunction function, @Nullable NDList gradients, int inputs) {
        int count = gradients == null ? 0 : gradients.size();
        if (gradients == null || count != inputs) {
            List<String> names = function.inputNames();
            throw new IllegalStateException(
                    ("%s.backward returned %s for %s%s; return one for each, in order, and null for"
                                    + " an input that has none")
                            .formatted(
                                    function.name(),
                                    gradients == null
                                            ? "null"
                                            : count + (count == 1 ? " gradient" : " gradients"),
                                    inputs + (inputs == 1 ? " input" : " inputs"),
                                    names.isEmpty() ? "" : " (" + String.join(", ", names) + ")"));
        }
    }

    private static void requireDense(AutogradFunction function, NDArray array, String what) {
        if (array.getSparseFormat() != SparseFormat.DENSE) {
            throw new IllegalArgumentException(
                    "%s has gradients for dense arrays, but %s is %s"
                            .formatted(function.name(), what, array.getSparseFormat()));
        }
    }
}
