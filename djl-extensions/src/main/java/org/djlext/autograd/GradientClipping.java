/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.List;

/**
 * Bounds stored gradients before an optimizer uses them: {@code torch.nn.utils.clip_grad_norm_} and
 * {@code clip_grad_value_}. Both change the gradients in place.
 */
public final class GradientClipping {

    // As in PyTorch, so that a norm of zero divides nothing by zero.
    private static final double EPS = 1e-6;

    private GradientClipping() {}

    /**
     * Scales all gradients by one factor, so that their common norm is at most a given one. The
     * direction of the step stays what it was.
     *
     * @param parameters leaves; those without a stored gradient are passed over
     * @param maxNorm the largest norm, positive
     * @return the norm before, the root of the sum of all squares; NaN or infinite if a gradient is
     * @throws IllegalArgumentException if maxNorm is not positive
     */
    public static double byNorm(NDList parameters, double maxNorm) {
        if (!(maxNorm > 0)) {
            throw new IllegalArgumentException(
                    "the largest norm must be positive, but is " + maxNorm);
        }
        try (Autograd.Scope scope = Autograd.noGrad();
                Gradients gradients = new Gradients(parameters)) {
            if (gradients.list.isEmpty()) {
                return 0;
            }
            double squares = 0;
            for (PtNDArray gradient : gradients.list) {
                try (NDArray square = gradient.square();
                        NDArray sum = square.sum();
                        NDArray wide = sum.toType(DataType.FLOAT64, true)) {
                    squares += wide.getDouble();
                }
            }
            double norm = Math.sqrt(squares);
            double factor = maxNorm / (norm + EPS);
            if (!(factor >= 1)) {
                gradients.list.forEach(gradient -> gradient.muli(factor));
            }
            return norm;
        }
    }

    /**
     * Bounds each number of all gradients.
     *
     * @param parameters leaves; those without a stored gradient are passed over
     * @param bound the largest absolute value, positive
     * @throws IllegalArgumentException if the bound is not positive
     */
    public static void byValue(NDList parameters, double bound) {
        if (!(bound > 0)) {
            throw new IllegalArgumentException("the bound must be positive, but is " + bound);
        }
        try (Autograd.Scope scope = Autograd.noGrad();
                Gradients gradients = new Gradients(parameters)) {
            for (PtNDArray gradient : gradients.list) {
                try (NDArray limit =
                                gradient.getManager()
                                        .create(bound)
                                        .toType(gradient.getDataType(), false);
                        NDArray negative = limit.neg();
                        NDArray below = NDArrays.minimum(gradient, limit);
                        NDArray bounded = NDArrays.maximum(below, negative)) {
                    bounded.copyTo(gradient);
                }
            }
        }
    }

    /** The stored gradients, whose handles are closed in the end. */
    private static final class Gradients implements AutoCloseable {

        final List<PtNDArray> list = new ArrayList<>();

        Gradients(NDList parameters) {
            for (NDArray parameter : parameters) {
                PtNDArray gradient = JniUtils.getGradient((PtNDArray) parameter);
                if (gradient != null) {
                    list.add(gradient);
                }
            }
        }

        @Override
        public void close() {
            list.forEach(NDArray::close);
        }
    }
}
