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
import org.djlext.internal.ForwardLevel;
import org.djlext.internal.NativeHooks;

/**
 * How a call of a function is run: by a recorder, by the engine's own gradients, in forward mode,
 * or with a node in the graph.
 */
final class FunctionCall {

    private FunctionCall() {}

    static NDList apply(AutogradFunction function, NDList given) {
        NDList inputs = given;
        while (function.isOptional(inputs.size()) && inputs.size() < function.inputNames().size()) {
            inputs = new NDList(inputs);
            inputs.add(null);
        }
        Recorder recorder = Recorder.of(inputs);
        if (recorder != null) {
            NDList byEngine = function.forwardByEngine(inputs);
            return byEngine == null ? recorder.record(function, inputs) : byEngine;
        }
        for (int i = 0; i < inputs.size(); i++) {
            NDArray input = inputs.get(i);
            if (input == null && function.isOptional(i)) {
                continue;
            }
            if (!(input instanceof PtNDArray tensor)) {
                throw new IllegalArgumentException(
                        function.name()
                                + " takes arrays of the PyTorch engine, but "
                                + function.inputName(i)
                                + " is "
                                + (input == null
                                        ? "null"
                                        : "a " + input.getClass().getSimpleName()));
            }
            if (!NativeHooks.isNumeric(tensor)) {
                throw new IllegalArgumentException(
                        function.name()
                                + " takes arrays of numbers, but "
                                + function.inputName(i)
                                + " holds strings");
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
                outputs = checked(function, function.forward(ctx, scope.inputs()));
            } finally {
                scope.endForward();
            }
            if (!any) {
                return scope.released(outputs);
            }
            int changed = scope.changedInput();
            if (changed >= 0) {
                throw new IllegalStateException(
                        function.name()
                                + ".forward changed "
                                + function.inputName(changed)
                                + " in place, which the graph does not see; change a copy instead");
            }
            return FunctionNode.link(function, ctx, inputs, needsGrad, outputs, scope);
        } catch (RuntimeException | Error e) {
            ctx.close();
            throw e;
        }
    }

    /** Returns the outputs, if they are what forward may return. */
    static NDList checked(AutogradFunction function, NDList outputs) {
        if (outputs == null || outputs.isEmpty()) {
            throw new IllegalStateException(
                    function.name()
                            + ".forward must return at least one output, but returned none");
        }
        for (int k = 0; k < outputs.size(); k++) {
            if (outputs.get(k) instanceof PtNDArray output) {
                requireDense(function, output, "output " + k);
            } else {
                throw new IllegalStateException(
                        function.name()
                                + ".forward must return arrays of the PyTorch engine, but output "
                                + k
                                + " is "
                                + outputs.get(k));
            }
        }
        return outputs;
    }

    private static void requireDense(AutogradFunction function, NDArray array, String what) {
        if (array.getSparseFormat() != SparseFormat.DENSE) {
            throw new IllegalArgumentException(
                    function.name()
                            + " has gradients for dense arrays, but "
                            + what
                            + " is "
                            + array.getSparseFormat());
        }
    }
}
