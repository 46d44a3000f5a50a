/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.djlext.torch.ops.Recorded;

/**
 * tanh of batch normalization with running statistics, on whichever of two ways is faster for the
 * number of elements: small arrays by the engine's own operations, which the engine differentiates,
 * and large ones by {@link BatchNormTanh}, whose rule is written by hand.
 *
 * <p>A node with a rule of one's own takes some 50 microseconds and 15 to 20 more for each further
 * input, whatever their size: at 32x200 more than the engine takes for all of forward and backward.
 * What the rule saves grows with the size. Both ways compute the formula of {@link BatchNormTanh};
 * their outputs differ by at most one unit in the last place of 1, where tanh itself and 2
 * sigmoid(2 y) - 1 do.
 */
final class FusedBatchNormTanh {

    /** From so many elements of x on the rule written by hand is faster, by measurement. */
    static final long LARGE = 1 << 18;

    // r^-1/2 in the shape and type of gamma: with a number, mul would make an array in every call,
    // and broadcasting or converting one takes as long as the rest of mul. For C channels there are
    // fewer than LARGE / C numbers of rows, so these arrays have fewer than LARGE elements in all.
    private static final Map<Factor, NDArray> FACTORS = new ConcurrentHashMap<>();

    private record Factor(double value, Shape shape, DataType type, Device device) {
        NDArray array() {
            NDManager manager = NDManager.newBaseManager(device);
            try (NDArray ones = manager.ones(shape, type)) {
                return ones.mul(value);
            }
        }
    }

    private final double eps;
    private final int correction;
    private final double momentum;
    private final BatchNormTanh byHand;

    /** Creates the operation; see {@link BatchNormTanh#BatchNormTanh}. */
    FusedBatchNormTanh(double eps, int correction, double momentum) {
        this.eps = eps;
        this.correction = correction;
        this.momentum = momentum;
        byHand = new BatchNormTanh(eps, correction, momentum);
    }

    /**
     * Returns h of x's shape (.., C) and moves the running statistics.
     *
     * @param inputs x of shape (.., C), then gamma, beta, running mean and running variance of
     *     shape (C)
     */
    NDArray train(NDList inputs) {
        return inputs.get(0).size() < LARGE ? recorded(inputs) : byHand.apply(inputs).get(0);
    }

    /** The same with the running statistics for those of the batch. */
    NDArray evaluate(NDList inputs) {
        return byHand.evaluate(inputs);
    }

    /** By operations that the engine records, if it records, and differentiates. */
    NDArray recorded(NDList inputs) {
        NDArray x = inputs.get(0);
        DataType type = x.getDataType();
        if (type != DataType.FLOAT32 && type != DataType.FLOAT64) {
            return recordedOfHalves(inputs);
        }
        NDArray gamma = inputs.get(1); // (C)
        Shape shape = x.getShape();
        long n = BatchNormFunction.rows(shape, correction);
        if (correction == 0) {
            return normalized(x, gamma, inputs, eps).tanh();
        }
        double r = (double) n / (n - correction);
        Factor factor =
                new Factor(
                        1 / Math.sqrt(r), gamma.getShape(), gamma.getDataType(), gamma.getDevice());
        // Closed here, or it would gather in the manager of gamma; the graph keeps what it needs.
        try (NDArray scaled = gamma.mul(FACTORS.computeIfAbsent(factor, Factor::array))) { // (C)
            return normalized(x, scaled, inputs, eps / r).tanh();
        }
    }

    /** In float32, because the engine's kernel would round the mean to a half. */
    private NDArray recordedOfHalves(NDList inputs) {
        NDArray x = inputs.get(0);
        NDList wide = new NDList();
        for (NDArray input : inputs) {
            NDArray array = Recorded.wide(input);
            if (array != input) {
                array.attach(x.getManager());
            }
            wide.add(array);
        }
        NDArray h = recorded(wide);
        BatchNormTanh.writeBack(inputs.get(3), wide.get(3));
        BatchNormTanh.writeBack(inputs.get(4), wide.get(4));
        return Recorded.castLike(h, x);
    }

    /** The engine's batch norm over all axes but the last, of x's shape. */
    private NDArray normalized(NDArray x, NDArray gamma, NDList inputs, double engineEps) {
        Shape shape = x.getShape();
        boolean flat = shape.dimension() == 2;
        NDArray rows = flat ? x : x.reshape(-1, shape.getLastDimension()); // (n, C)
        // NDArrayEx.batchNorm would round eps and momentum to float32. The statistics come before
        // gamma and beta, whatever the names of the method's parameters say.
        NDArray y =
                JniUtils.batchNorm(
                        (PtNDArray) rows,
                        (PtNDArray) inputs.get(3),
                        (PtNDArray) inputs.get(4),
                        (PtNDArray) gamma,
                        (PtNDArray) inputs.get(2),
                        true,
                        momentum,
                        engineEps);
        return flat ? y : y.reshape(shape);
    }
}
