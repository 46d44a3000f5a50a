/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.GradientCollector;
import java.util.function.UnaryOperator;
import org.djlext.autograd.Autograd;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;

class RecordedTest extends ArrayTest {

    /** The first and the second derivative of sum f(x)^3 at (1, 2). */
    private double[][] derivatives(UnaryOperator<NDArray> f) {
        NDArray x = manager.create(new double[] {1, 2});
        x.setRequiresGradient(true);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray y = f.apply(x);
            NDList loss = new NDList(y.mul(y).mul(y).sum());
            NDList one = new NDList(loss.head().onesLike());
            NDList leaves = new NDList(x);
            NDArray first = Autograd.grad(loss, leaves, one, true, true, false).get(0);
            NDArray second = Autograd.grad(new NDList(first.sum()), leaves).get(0);
            return new double[][] {first.toDoubleArray(), second.toDoubleArray()};
        }
    }

    @Test
    void gradientsFlowThrough() {
        double[][] cubic = {{3, 12}, {6, 12}};
        assertArrayEquals(
                cubic, derivatives(x -> Recorded.wide(Autograd.cast(x, DataType.FLOAT16))));
        assertArrayEquals(
                cubic, derivatives(x -> Recorded.castLike(x, manager.create(new float[0]))));
    }

    @Test
    void bfloat16ThereAndBack() {
        NDArray x = manager.create(new float[] {1, 1 + 1f / 256, 3e38f});
        NDArray half = Autograd.cast(x, DataType.BFLOAT16);
        // 8 bits: 1 + 2^-8 lies between two numbers and goes to the even one.
        assertArrayEquals(new float[] {1, 1, 3e38f}, Recorded.wide(half).toFloatArray(), 1e36f);
        assertEquals(1, Recorded.wide(half).toFloatArray()[1]);
        assertEquals(DataType.FLOAT32, Recorded.castLike(half, x).getDataType());
    }

    @Test
    void whatIsWideAlreadyStays() {
        NDArray x = manager.create(new float[] {1, 2});
        assertSame(x, Recorded.wide(x));
        assertSame(x, Recorded.castLike(x, x));
    }
}
