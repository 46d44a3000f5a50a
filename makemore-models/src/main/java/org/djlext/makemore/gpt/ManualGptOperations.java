/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.layer.Operations;
import org.djlext.nn.CausalAttentionFunction;
import org.djlext.nn.DropoutFunction;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a block, composed of operations with a hand-written backward. What only moves
 * numbers, such as stacking weights, is left to the engine.
 */
final class ManualGptOperations implements GptOperations {

    static final GptOperations INSTANCE = new ManualGptOperations();

    private static final Operations OPERATIONS = Gradients.MANUAL.operations();
    private static final int KEY_QUERY_VALUE = 3;

    private ManualGptOperations() {}

    @Override
    public NDArray embed(NDArray indices, NDArray tokens, @Nullable NDArray positions) {
        NDArray x = OPERATIONS.embedding(indices, tokens); // (B, T, C)
        if (positions == null) {
            return x;
        }
        int steps = (int) indices.getShape().get(1);
        NDArray t = x.getManager().arange(0, steps, 1, DataType.INT64, x.getDevice()); // (T)
        return x.add(OPERATIONS.embedding(t, positions));
    }

    @Override
    public NDArray attention(NDArray x, NDList weights, NDList projection, double dropout) {
        long b = x.getShape().get(0);
        long t = x.getShape().get(1);
        long size = weights.get(0).getShape().get(0);
        long heads = weights.size() / KEY_QUERY_VALUE;
        NDArray w = stack(x, weights); // (3 H hs, C)
        NDArray kqv =
                OPERATIONS
                        .linear(x, w.transpose(), null) // (B, T, 3 H hs)
                        .reshape(b, t, heads, KEY_QUERY_VALUE, size)
                        .transpose(KEY_QUERY_VALUE, 0, 2, 1, 4); // (3, B, H, T, hs)
        Shape shape = new Shape(b, heads, t, size);
        NDList parts = kqv.split(KEY_QUERY_VALUE);
        NDArray y =
                new CausalAttentionFunction(dropout)
                        .apply(
                                parts.get(1).reshape(shape),
                                parts.get(0).reshape(shape),
                                parts.get(2).reshape(shape))
                        .singletonOrThrow(); // (B, H, T, hs)
        y = y.swapAxes(1, 2).reshape(b, t, heads * size);
        return projection.isEmpty()
                ? y
                : dropout(linear(y, projection.get(0), projection.get(1)), dropout);
    }

    /** Stacks weights; the result is attached where x is, not to the manager of the parameters. */
    private static NDArray stack(NDArray x, NDList weights) {
        NDArray stacked = NDArrays.concat(weights, 0);
        stacked.attach(x.getManager());
        return stacked;
    }

    @Override
    public NDArray feedForward(NDArray x, NDList weights, double dropout) {
        NDArray y = OPERATIONS.relu(linear(x, weights.get(0), weights.get(1)));
        if (weights.size() > 2) {
            y = linear(y, weights.get(2), weights.get(3));
        }
        return dropout(y, dropout);
    }

    private static NDArray dropout(NDArray x, double p) {
        return p == 0 ? x : new DropoutFunction(p, true).apply(x).singletonOrThrow();
    }

    @Override
    public NDArray linear(NDArray x, NDArray weight, NDArray bias) {
        NDArray transposed = weight.transpose();
        transposed.attach(x.getManager());
        return OPERATIONS.linear(x, transposed, bias);
    }
}
