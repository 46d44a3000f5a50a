/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.rounding;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;

/**
 * The product of two float32 matrices, added up in the plainest order, which is that of the
 * reference BLAS: the terms of an element one after the other from the first, each product rounded,
 * then each sum. A tuned library adds in blocks and does not round the products.
 *
 * <pre>
 * c  = a b
 * da = dc b^T           in the same order
 * db = a^T dc
 * </pre>
 *
 * <p>Inputs: a of shape (n, k), b of shape (k, m). Output: (n, m).
 */
final class SequentialMatMul extends AutogradFunction {

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        NDArray a = inputs.get(0);
        NDArray b = inputs.get(1);
        ctx.saveForBackward(a, b);
        return new NDList(product(a, b));
    }

    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        NDArray dc = gradOutputs.get(0);
        NDArray a = ctx.savedTensors().get(0);
        NDArray b = ctx.savedTensors().get(1);
        return new NDList(product(dc, b.transpose()), product(a.transpose(), dc));
    }

    @Override
    protected boolean onceDifferentiable() {
        return true;
    }

    private static NDArray product(NDArray a, NDArray b) {
        int n = (int) a.getShape().get(0);
        int k = (int) b.getShape().get(0);
        int m = (int) b.getShape().get(1);
        float[] left = a.toFloatArray();
        float[] right = b.toFloatArray();
        float[] sums = new float[n * m];
        for (int row = 0; row < n; row++) {
            for (int term = 0; term < k; term++) {
                float factor = left[row * k + term];
                for (int column = 0; column < m; column++) {
                    // Java rounds twice here, on every machine.
                    sums[row * m + column] += factor * right[term * m + column];
                }
            }
        }
        return EngineMemory.array(a.getManager(), sums, new Shape(n, m));
    }
}
