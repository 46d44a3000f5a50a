/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.rounding;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;

/**
 * Tanh of float32, rounded as {@link SleefMath} does.
 *
 * <pre>
 * h  = tanh(x)
 * dx = dh (1 - h^2)     1 - h^2 rounded once, then the product
 * </pre>
 */
final class SleefTanh extends AutogradFunction {

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        NDArray x = inputs.get(0);
        float[] values = x.toFloatArray();
        for (int i = 0; i < values.length; i++) {
            values[i] = SleefMath.tanh(values[i]);
        }
        NDArray h = EngineMemory.array(x.getManager(), values, x.getShape());
        ctx.saveForBackward(h);
        return new NDList(h);
    }

    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        NDArray dh = gradOutputs.get(0);
        float[] gradients = dh.toFloatArray();
        float[] h = ctx.savedTensors().get(0).toFloatArray();
        for (int i = 0; i < h.length; i++) {
            gradients[i] *= Math.fma(-h[i], h[i], 1);
        }
        return new NDList(EngineMemory.array(dh.getManager(), gradients, dh.getShape()));
    }

    @Override
    protected boolean onceDifferentiable() {
        return true;
    }
}
