/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.djlext.autograd.Autograd;

/** The elements of arrays as Java's numbers, and back. */
final class Elements {

    private Elements() {}

    /** The elements in row-major order; of a complex array real and imaginary parts in turn. */
    static double[] of(NDArray array) {
        try (Autograd.Scope scope = Autograd.noGrad()) {
            if (array.getDataType() == DataType.FLOAT64) {
                return array.toDoubleArray();
            }
            boolean complex = array.getDataType() == DataType.COMPLEX64;
            try (NDArray real = complex ? array.real() : array.stopGradient();
                    NDArray wide = real.toType(DataType.FLOAT64, true)) {
                return wide.toDoubleArray();
            }
        }
    }

    /** An array of given elements, with the shape, type and device of another. */
    static NDArray toArray(NDManager manager, double[] values, NDArray like) {
        return manager.create(values, like.getShape())
                .toType(like.getDataType(), false)
                .toDevice(like.getDevice(), false);
    }

    /** The same numbers as every second element in memory, with NaN between them. */
    static NDArray withGaps(NDArray array) {
        int axes = array.getShape().dimension();
        NDArray pairs = NDArrays.stack(new NDList(array, array.mul(Double.NaN)), axes);
        return pairs.get("..., 0");
    }

    /** Numbers from -1 to 1. */
    static double[] random(SplittableRandom random, long size) {
        return random.doubles(size, -1, 1).toArray();
    }

    /** Tells whether numbers of a type have derivatives that differences can show. */
    static boolean areReal(DataType type) {
        return type.isFloating() && type != DataType.COMPLEX64;
    }

    /** The index along each axis of an element of an array. */
    static List<Long> index(long flat, Shape shape) {
        List<Long> index = new ArrayList<>();
        long rest = flat;
        for (int axis = shape.dimension() - 1; axis >= 0; axis--) {
            index.add(0, rest % shape.get(axis));
            rest /= shape.get(axis);
        }
        return List.copyOf(index);
    }

    /** Gradients of some arrays by others, zeros where there is none. */
    static NDList gradients(
            NDList outputs, NDList by, NDList upstream, boolean keepGraph, boolean createGraph) {
        NDList gradients =
                outputs.isEmpty()
                        ? new NDList(new NDArray[by.size()])
                        : Autograd.grad(outputs, by, upstream, keepGraph, createGraph, true);
        for (int j = 0; j < gradients.size(); j++) {
            if (gradients.get(j) == null) {
                gradients.set(j, by.get(j).zerosLike());
            }
        }
        return gradients;
    }
}
