/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.loss.Loss;
import java.util.function.Function;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The hand-written cross entropy against PyTorch, the engine, finite differences and DJL's own. */
class CrossEntropyTest extends ArrayTest {

    private static final Tolerance TIGHT = new Tolerance(1e-9, 1e-12);

    private static NDArray gradient(NDArray logits, Function<NDArray, NDArray> loss) {
        NDArray fresh = logits.stopGradient().duplicate();
        fresh.setRequiresGradient(true);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            collector.backward(loss.apply(fresh));
        }
        return fresh.getGradient();
    }

    /** log softmax and picking in the engine's operations. */
    private static NDArray plain(NDArray logits, NDArray labels) {
        return logits.logSoftmax(1).get(new NDIndex().addAllDim().addPickDim(labels)).neg();
    }

    @ParameterizedTest
    @EnumSource(Reduction.class)
    void ignoredRowsCountNowhere(Reduction reduction) {
        NDArray logits = manager.randomNormal(0, 2, new Shape(6, 9), DataType.FLOAT64);
        NDArray labels = manager.create(new long[] {8, -100, 3, 3, -100, 1});
        NDArray kept = manager.create(new long[] {0, 2, 3, 5});
        CrossEntropyFunction ignoring = new CrossEntropyFunction(reduction, -100L);
        CrossEntropyFunction all = new CrossEntropyFunction(reduction, null);
        Function<NDArray, NDArray> manual = v -> ignoring.apply(v, labels).sum();
        Function<NDArray, NDArray> selected = v -> all.apply(v.get(kept), labels.get(kept)).sum();
        GradientTable table = new GradientTable(TIGHT);
        table.compare("loss", manual.apply(logits), selected.apply(logits));
        table.compare("logits", gradient(logits, manual), gradient(logits, selected));
        table.assertApproximate();
        logits.set(new NDIndex(1), Double.NaN);
        NDArray dlogits = gradient(logits, manual);
        assertArrayEquals(new double[9], dlogits.get(1).abs().toDoubleArray(), "an ignored row");
        assertTrue(Double.isFinite(manual.apply(logits).getDouble()));
        if (reduction == Reduction.NONE) {
            assertEquals(0, ignoring.apply(logits, labels).getDouble(4));
        }
    }

    @Test
    void allIgnoredIsNaNForTheMeanAsInPyTorch() {
        NDArray logits = manager.randomNormal(new Shape(2, 3));
        NDArray labels = manager.create(new long[] {-1, -1});
        CrossEntropyFunction mean = new CrossEntropyFunction(Reduction.MEAN, -1L);
        CrossEntropyFunction sum = new CrossEntropyFunction(Reduction.SUM, -1L);
        assertTrue(Float.isNaN(mean.apply(logits, labels).getFloat()));
        assertEquals(0f, sum.apply(logits, labels).getFloat());
        NDArray dlogits = gradient(logits, v -> mean.apply(v, labels));
        assertArrayEquals(new float[6], dlogits.abs().toFloatArray(), "the gradient is zero");
    }

    @Test
    void hugeLogitsNeitherOverflowNorVanish() {
        NDArray logits =
                manager.create(new float[] {1e4f, -1e4f, 0, 3e38f, 0, -3e38f}, new Shape(2, 3));
        NDArray labels = manager.create(new int[] {1, 0});
        CrossEntropyLoss loss = CrossEntropyLoss.builder().optReduction(Reduction.NONE).build();
        assertArrayEquals(
                new float[] {2e4f, 0},
                loss.evaluate(new NDList(labels), new NDList(logits)).toFloatArray(),
                1e-30f); // -0 is 0
        NDArray dlogits =
                gradient(logits, v -> loss.evaluate(new NDList(labels), new NDList(v)).sum());
        assertArrayEquals(new float[] {1, -1, 0, 0, 0, 0}, dlogits.toFloatArray());
    }

    @Test
    void rowsOfTheGradientSumToZero() {
        NDArray logits = manager.randomNormal(0, 3, new Shape(32, 27), DataType.FLOAT64);
        NDArray labels = manager.arange(0, 32, 1, DataType.INT64).mod(27);
        NDArray d =
                gradient(
                        logits,
                        v -> new CrossEntropyLoss().evaluate(new NDList(labels), new NDList(v)));
        for (double row : d.sum(new int[] {1}).toDoubleArray()) {
            assertEquals(0, row, 1e-16);
        }
    }

    @Test
    void timeStepsAndColumnsOfLabels() {
        NDArray logits = manager.randomNormal(0, 2, new Shape(4, 3, 7), DataType.FLOAT64);
        NDArray labels = manager.arange(0, 12, 1, DataType.INT64).mod(7).reshape(4, 3);
        CrossEntropyLoss mean = new CrossEntropyLoss();
        double flat = plain(logits.reshape(12, 7), labels.flatten()).mean().getDouble();
        NDList p = new NDList(logits);
        assertEquals(flat, mean.evaluate(new NDList(labels), p).getDouble(), 1e-12);
        assertEquals(flat, mean.evaluate(new NDList(labels.expandDims(2)), p).getDouble(), 1e-12);
        CrossEntropyLoss none = CrossEntropyLoss.builder().optReduction(Reduction.NONE).build();
        assertEquals(new Shape(4, 3), none.evaluate(new NDList(labels), p).getShape());
    }

    @Test
    void badLabelsAreNamed() {
        NDArray logits = manager.randomNormal(new Shape(3, 27));
        CrossEntropyLoss loss = CrossEntropyLoss.builder().optName("ce").build();
        assertEquals(
                "cross entropy over 27 classes takes labels from 0 to 26, but element 2 of an"
                        + " array of shape (3) is 27",
                message(loss, logits, manager.create(new long[] {0, 26, 27})));
        assertEquals(
                "cross entropy over 27 classes takes labels from 0 to 26, but element 1 of an"
                        + " array of shape (3) is -1",
                message(loss, logits, manager.create(new long[] {0, -1, 27})));
        assertEquals(
                "cross entropy takes labels of an integer type, but got float32; convert them with"
                        + " toType(DataType.INT64, false)",
                message(loss, logits, manager.create(new float[] {0, 1, 2})));
        assertEquals(
                "ce takes one label for each row of logits: logits of shape (3, 27) need labels of"
                        + " shape (3), but got (4)",
                message(loss, logits, manager.create(new long[4])));
    }

    private static String message(Loss loss, NDArray logits, NDArray labels) {
        Exception e =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> loss.evaluate(new NDList(labels), new NDList(logits)));
        return String.valueOf(e.getMessage());
    }
}
