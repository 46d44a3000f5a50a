/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;

/**
 * Functions whose forward is recorded by the engine, in the place of a node with their backward.
 */
final class EngineGradients {

    private static final ThreadLocal<Boolean> ON = ThreadLocal.withInitial(() -> false);

    private EngineGradients() {}

    static boolean areOn() {
        return ON.get();
    }

    static Autograd.Scope on() {
        return Autograd.set(ON, true);
    }

    static NDList apply(AutogradFunction function, NDList inputs) {
        boolean[] needsGrad = new boolean[inputs.size()];
        NDManager manager = null;
        for (int i = 0; i < needsGrad.length; i++) {
            NDArray input = inputs.get(i);
            needsGrad[i] = input != null && Autograd.isRecording() && Autograd.requiresGrad(input);
            manager = manager == null && input != null ? input.getManager() : manager;
        }
        NDList outputs;
        // Results of parameters would belong to the manager of the model, and stay with it.
        try (NDScope scope = new NDScope()) {
            NDList byEngine = function.forwardByEngine(inputs);
            outputs =
                    byEngine == null ? recorded(function, inputs, needsGrad) : new NDList(byEngine);
            for (int k = 0; k < outputs.size(); k++) {
                NDArray output = outputs.get(k);
                boolean isFirst = ForwardScope.indexOf(outputs, output) == k;
                if (!isFirst || ForwardScope.indexOf(inputs, output) >= 0) {
                    // Another array: an input is the caller's, to keep and to close.
                    outputs.set(k, Evaluation.view(output));
                }
            }
            NDScope.unregister(outputs);
            if (manager != null) {
                outputs.attach(manager);
            }
        }
        outputs.forEach(NDScope::register); // the caller's, if there is one
        return outputs;
    }

    private static NDList recorded(AutogradFunction function, NDList inputs, boolean[] needsGrad) {
        FunctionContext ctx = FunctionContext.recorded(function.name(), needsGrad);
        NDList outputs = FunctionCall.forward(function, ctx, inputs);
        NDList results = new NDList(outputs.size());
        for (NDArray output : outputs) {
            results.add(ctx.isMarkedNonDifferentiable(output) ? output.stopGradient() : output);
        }
        return results;
    }
}
