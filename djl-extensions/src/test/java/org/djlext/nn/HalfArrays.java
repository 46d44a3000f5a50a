/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.function.Function;
import org.djlext.autograd.AutogradFunction;
import org.djlext.testing.ArrayTest;

/** Arrays of float16, for tests of sums and squares over them. */
abstract class HalfArrays extends ArrayTest {

    NDArray halves(double mean, double deviation, long... shape) {
        return manager.randomNormal(
                        (float) mean, (float) deviation, new Shape(shape), DataType.FLOAT32)
                .toType(DataType.FLOAT16, false);
    }

    NDArray zeros(long... shape) {
        return manager.zeros(new Shape(shape), DataType.FLOAT16);
    }

    NDArray ones(long... shape) {
        return manager.ones(new Shape(shape), DataType.FLOAT16);
    }

    NDArray labels(long count, int classes) {
        return manager.arange(0, (int) count, 1, DataType.INT64).mod(classes);
    }

    static NDArray wide(NDArray array) {
        return array.toType(DataType.FLOAT64, true);
    }

    static Function<NDList, NDArray> first(AutogradFunction function) {
        return in -> function.apply(in).get(0);
    }
}
