/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import static org.djlext.compile.RandomOperations.add;
import static org.djlext.compile.RandomOperations.filled;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.convolutional.Conv1d;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.nn.pooling.Pool;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;
import org.djlext.nn.DropoutFunction;
import org.djlext.nn.SiluFunction;
import org.djlext.nn.TanhFunction;

/** What random programs have of networks: activations, layers and functions with rules. */
final class RandomLayers {

    private RandomLayers() {}

    /** Adds them to the others. */
    static void addAll() {
        add("sigmoid", (a, b, n) -> Activation.sigmoid(a));
        add("relu", (a, b, n) -> Activation.relu(a));
        add("gelu", (a, b, n) -> Activation.gelu(a));
        add("swish", (a, b, n) -> Activation.swish(a, n));
        add("softPlus", (a, b, n) -> Activation.softPlus(a));
        add("elu", (a, b, n) -> Activation.elu(a, n + 1));
        add("selu", (a, b, n) -> Activation.selu(a));
        add("mish", (a, b, n) -> Activation.mish(a));
        add("rules", (a, b, n) -> new SiluFunction().apply(new TanhFunction().apply(a)));
        add("leakyRelu", (a, b, n) -> Activation.leakyRelu(a, 0.1f));
        add("linearBias", (a, b, n) -> a.getNDArrayInternal().linear(a, b, b.get(":, 0")).head());
        add("rule", (a, b, n) -> new Product().apply(a, b));
        add("dropout", (a, b, n) -> dropout(a.flatten()).reshape(a.getShape()));
        add("dropoutRule", (a, b, n) -> new DropoutFunction(0.3, true).apply(a));
        add("linear", (a, b, n) -> a.getNDArrayInternal().linear(a, b, null).head());
        add("conv", (a, b, n) -> Conv1d.conv1d(a.expandDims(0), b.expandDims(0)).head());
        add("maxPool", (a, b, n) -> pool(a.expandDims(0), n + 1, true));
        add("avgPool", (a, b, n) -> pool(a.expandDims(0), n + 1, false));
        add("globalPool", (a, b, n) -> Pool.globalAvgPool1d(a.stack(b, n - 2)));
        add("layerNorm", (a, b, n) -> layerNorm(a, b));
        add("batchNorm", RandomLayers::batchNorm);
    }

    // The engine draws in the order of memory, which is not the same after a transposition.
    private static NDArray dropout(NDArray row) {
        return row.getNDArrayInternal().dropout(row, 0.3f, true).head();
    }

    private static NDArray pool(NDArray a, int n, boolean isMax) {
        Shape size = new Shape(n);
        return isMax
                ? Pool.maxPool1d(a, size, new Shape(1), new Shape(n / 2), false)
                : Pool.avgPool1d(a, size, new Shape(1), new Shape(n / 2), false, n > 2);
    }

    private static NDArray layerNorm(NDArray a, NDArray b) {
        Shape last = new Shape(a.getShape().getLastDimension());
        return LayerNorm.layerNorm(a, last, b, b, 1e-5f).head();
    }

    // Statistics that are new in each step. The engine frees an input that it refuses.
    private static NDArray batchNorm(NDArray a, NDArray b, int n) {
        NDArray mean = a.getManager().zeros(new Shape(a.getShape().get(1)), a.getDataType());
        NDArray variance = mean.onesLike();
        NDArray y =
                BatchNorm.batchNorm(filled(a).mul(1), mean, variance, b, b, 1, 0.9f, 1e-5f, n > 0)
                        .head();
        return y.add(mean).mul(variance);
    }

    /** A product with a rule of its own, that of its operands' shapes. */
    private static final class Product extends AutogradFunction {

        @Override
        protected NDList forward(FunctionContext ctx, NDList inputs) {
            if (!inputs.get(0).getShape().equals(inputs.get(1).getShape())) {
                throw new IllegalArgumentException("two arrays of one shape");
            }
            ctx.saveForBackward(inputs.get(0), inputs.get(1));
            return new NDList(inputs.get(0).mul(inputs.get(1)));
        }

        @Override
        protected NDList backward(FunctionContext ctx, NDList upstream) {
            NDArray dy = upstream.head();
            return new NDList(dy.mul(ctx.saved(1)), dy.mul(ctx.saved(0)));
        }
    }
}
