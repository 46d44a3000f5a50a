/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;

/** What tests of custom functions share: a seed, and the engine's own gradient to compare with. */
abstract class FunctionTestBase extends GraphTestBase {

    @BeforeEach
    void seed() {
        Engine.getInstance().setRandomSeed(11);
    }

    NDArray random(Shape shape, DataType type) {
        NDArray array = manager.randomNormal(0, 1, shape, type);
        array.setRequiresGradient(true);
        return array;
    }

    /** Runs a scalar loss and returns the gradient of x as the engine stores it. */
    NDArray gradient(NDArray x, Function<NDArray, NDArray> loss) {
        NDArray fresh = x.stopGradient().duplicate();
        fresh.setRequiresGradient(true);
        backward(loss.apply(fresh));
        return fresh.getGradient();
    }

    void assertSameGradient(
            NDArray x, Function<NDArray, NDArray> custom, Function<NDArray, NDArray> plain) {
        NDArray got = gradient(x, custom);
        NDArray want = gradient(x, plain);
        assertEquals(want.getShape(), got.getShape());
        assertArrayEquals(want.toDoubleArray(), got.toDoubleArray(), 1e-12);
    }
}
