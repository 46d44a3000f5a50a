/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.function.UnaryOperator;
import org.djlext.autograd.Autograd;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RecordedTest {

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        manager.close();
    }

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
        assertArrayEquals(cubic, derivatives(Recorded::copy));
        assertArrayEquals(cubic, derivatives(x -> Recorded.cast(x, DataType.FLOAT16)));
        assertArrayEquals(
                cubic, derivatives(x -> Recorded.wide(Recorded.cast(x, DataType.FLOAT16))));
        assertArrayEquals(
                cubic, derivatives(x -> Recorded.castLike(x, manager.create(new float[0]))));
        assertArrayEquals(
                new double[][] {{24, 96}, {48, 96}}, derivatives(x -> Recorded.scale(x, 2)));
        // x^6
        assertArrayEquals(
                new double[][] {{6, 192}, {30, 480}}, derivatives(x -> Recorded.pow(x, 2)));
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"UINT8", "INT8", "INT32", "INT64", "FLOAT16", "FLOAT32", "FLOAT64", "BOOLEAN"})
    void castsAsDjlDoes(DataType type) {
        for (DataType from : new DataType[] {DataType.FLOAT32, DataType.INT64}) {
            NDArray x = manager.create(new float[] {0, 1, 2.75f}).toType(from, false);
            NDArray y = Recorded.cast(x, type);
            assertEquals(type, y.getDataType());
            assertEquals(x.toType(type, true), y);
        }
    }

    @Test
    void bfloat16ThereAndBack() {
        NDArray x = manager.create(new float[] {1, 1 + 1f / 256, 3e38f});
        NDArray half = Recorded.cast(x, DataType.BFLOAT16);
        // 8 bits: 1 + 2^-8 lies between two numbers and goes to the even one.
        assertArrayEquals(new float[] {1, 1, 3e38f}, Recorded.wide(half).toFloatArray(), 1e36f);
        assertEquals(1, Recorded.wide(half).toFloatArray()[1]);
        assertEquals(DataType.FLOAT32, Recorded.castLike(half, x).getDataType());
        assertThrows(IllegalArgumentException.class, () -> Recorded.cast(x, DataType.STRING));
    }

    @Test
    void numbersGiveTheBitsOfDjl() {
        Engine.getInstance().setRandomSeed(3);
        NDArray x = manager.randomUniform(0.1f, 9, new Shape(1000));
        for (double number : new double[] {-1, -0.5, 2, 3, 1.7}) {
            assertEquals(x.pow(number), Recorded.pow(x, number));
            assertEquals(x.mul(number), Recorded.scale(x, number));
        }
    }

    @Test
    void copyHasStorageOfItsOwn() {
        NDArray x = manager.create(new float[] {1, 2});
        NDArray copy = Recorded.copy(x);
        copy.muli(5);
        assertNotSame(x, copy);
        assertArrayEquals(new float[] {1, 2}, x.toFloatArray());
        assertSame(x, Recorded.wide(x));
        assertSame(x, Recorded.castLike(x, x));
    }
}
