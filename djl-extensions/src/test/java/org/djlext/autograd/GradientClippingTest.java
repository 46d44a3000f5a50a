/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.Arrays;
import org.djlext.testing.ArrayTest;
import org.djlext.torch.ops.Reductions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GradientClippingTest extends ArrayTest {

    /** A leaf whose stored gradient is given. */
    private NDArray withGradient(DataType type, double... gradient) {
        NDArray g = manager.create(gradient).toType(type, true);
        NDArray leaf = manager.zeros(g.getShape(), type);
        leaf.setRequiresGradient(true);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            collector.backward(leaf.mul(g).sum());
        }
        return leaf;
    }

    private static double[] gradient(NDArray leaf) {
        return leaf.getGradient().toType(DataType.FLOAT64, true).toDoubleArray();
    }

    private static double[] filled(int count, double value) {
        double[] values = new double[count];
        Arrays.fill(values, value);
        return values;
    }

    @Test
    void byNormScalesAllGradientsByOneFactor() {
        NDArray a = withGradient(DataType.FLOAT64, 3, 0);
        NDArray b = withGradient(DataType.FLOAT64, 4);
        NDArray none = manager.create(new double[] {1});
        none.setRequiresGradient(true);
        NDList all = new NDList(a, b, none);
        assertEquals(5, GradientClipping.norm(all), 1e-12);
        assertEquals(5, GradientClipping.byNorm(all, 10), 1e-12);
        assertArrayEquals(new double[] {3, 0}, gradient(a));
        assertEquals(5, GradientClipping.byNorm(all, 1), 1e-12);
        assertArrayEquals(new double[] {0.6, 0}, gradient(a), 1e-6);
        assertArrayEquals(new double[] {0.8}, gradient(b), 1e-6);
        assertEquals(1, GradientClipping.byNorm(all, 1), 1e-6);
        assertThrows(IllegalArgumentException.class, () -> GradientClipping.byNorm(all, 0));
        assertEquals(0, GradientClipping.byNorm(new NDList(), 1));
        assertEquals(0, GradientClipping.byNorm(new NDList(none), 1));
    }

    @ParameterizedTest
    @CsvSource({
        // The squares are infinite in the type, or zero.
        "FLOAT16, 100, 1e-3",
        "FLOAT16, 12000, 1e-3",
        "FLOAT32, 1e20, 1e-6",
        "FLOAT32, 5e37, 1e-6",
        "FLOAT32, 1e-25, 1e-6",
        "FLOAT64, 1e200, 1e-12",
        "FLOAT64, 1e-200, 1e-12"
    })
    void normOfThreeAndFourIsFive(DataType type, double unit, double precision) {
        NDArray a = withGradient(type, 3 * unit, 0);
        NDArray b = withGradient(type, 4 * unit);
        double limit = 1;
        double norm = GradientClipping.byNorm(new NDList(a, b), limit);
        assertEquals(5 * unit, norm, 5 * unit * precision);
        double factor = Math.min(1, limit / norm);
        assertArrayEquals(new double[] {3 * unit * factor, 0}, gradient(a), precision);
        assertArrayEquals(new double[] {4 * unit * factor}, gradient(b), precision);
    }

    @Test
    void manySmallHalves() {
        NDArray a = withGradient(DataType.FLOAT16, filled(10_000, 1e-4));
        // 1e-4 is 1.00016e-4 in float16.
        assertEquals(0.01, GradientClipping.byNorm(new NDList(a), 1), 2e-6);
        assertEquals(1e-4, gradient(a)[0], 2e-8);
        assertEquals(0.01, GradientClipping.byNorm(new NDList(a), 0.001), 2e-6);
        assertEquals(1e-5, gradient(a)[9_999], 1e-7);
    }

    @Test
    void typesMayBeMixed() {
        NDArray a = withGradient(DataType.FLOAT16, 30_000);
        NDArray b = withGradient(DataType.FLOAT32, 40_000);
        NDArray empty = manager.zeros(new Shape(0));
        empty.setRequiresGradient(true);
        assertEquals(50_000, GradientClipping.byNorm(new NDList(a, b, empty), 5), 50);
        assertEquals(3, gradient(a)[0], 1e-2);
        assertEquals(4, gradient(b)[0], 1e-2);
    }

    @Test
    void infinityAndZeroAreTold() {
        NDArray a = withGradient(DataType.FLOAT32, Double.POSITIVE_INFINITY, 1);
        assertEquals(Double.POSITIVE_INFINITY, GradientClipping.byNorm(new NDList(a), 1));
        NDArray zero = withGradient(DataType.FLOAT32, 0, 0);
        assertEquals(0, GradientClipping.byNorm(new NDList(zero), 1));
        assertArrayEquals(new double[2], gradient(zero));
    }

    @Test
    void byNormSeesNaN() {
        NDArray a = withGradient(DataType.FLOAT64, Double.NaN, 1);
        NDArray b = withGradient(DataType.FLOAT64, 1);
        assertTrue(Double.isNaN(GradientClipping.byNorm(new NDList(a, b), 1)));
        assertTrue(Double.isNaN(gradient(b)[0]), "the step is spoiled, visibly");
    }

    @Test
    void byValueBoundsEachNumber() {
        NDArray a = withGradient(DataType.FLOAT64, 3, -0.1, -7);
        NDArray half = withGradient(DataType.FLOAT16, 3, Double.NaN, -7);
        GradientClipping.byValue(new NDList(a, half), 0.5);
        assertArrayEquals(new double[] {0.5, -0.1, -0.5}, gradient(a));
        assertArrayEquals(new double[] {0.5, Double.NaN, -0.5}, gradient(half));
        GradientClipping.byValue(new NDList(half), 1e6); // no half is as large
        assertArrayEquals(new double[] {0.5, Double.NaN, -0.5}, gradient(half));
        assertThrows(
                IllegalArgumentException.class,
                () -> GradientClipping.byValue(new NDList(a), Double.NaN));
    }

    @Test
    void normOfBfloat16() {
        NDArray x = manager.create(new float[] {3e20f, 4e20f});
        NDArray half = Autograd.cast(x, DataType.BFLOAT16);
        assertEquals(5e20, Reductions.globalNorm(new NDList(half)).getFloat(), 2e18);
    }

    @Test
    void aParameterThatTwoLayersShareCountsOnce() {
        NDArray a = withGradient(DataType.FLOAT64, 3);
        NDArray b = withGradient(DataType.FLOAT64, 4);
        assertEquals(5, GradientClipping.byNorm(new NDList(a, b, a), 1), 1e-12);
        assertArrayEquals(new double[] {0.6}, gradient(a), 1e-6);
        assertArrayEquals(new double[] {0.8}, gradient(b), 1e-6);
    }
}
