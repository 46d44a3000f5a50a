/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.initializer.NormalInitializer;
import java.util.function.UnaryOperator;
import org.djlext.testing.ArrayTest;

/** What tests of the checker begin with: a seed, and arrays in float64 that want a gradient. */
abstract class SeededTest extends ArrayTest {

    NDArray leaf(long... shape) {
        NDArray array = manager.randomNormal(0.3f, 1, new Shape(shape), DataType.FLOAT64);
        array.setRequiresGradient(true);
        return array;
    }

    NDArray values(double... values) {
        NDArray array = manager.create(values);
        array.setRequiresGradient(true);
        return array;
    }

    /** Checks a function of one input in slow mode. */
    static GradCheckReport check(UnaryOperator<NDArray> function, NDArray x) {
        return new GradCheck().check(in -> new NDList(function.apply(in.get(0))), new NDList(x));
    }

    <B extends Block> B initialized(B block, Shape shape) {
        block.setInitializer(new NormalInitializer(0.7f), parameter -> true);
        block.initialize(manager, DataType.FLOAT64, shape);
        return block;
    }
}
