/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import java.util.Objects;
import java.util.function.Function;
import org.djlext.autograd.Autograd;
import org.djlext.autograd.AutogradFunction;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.testing.ArrayTest;
import org.djlext.testing.Gradients;
import org.djlext.torch.ops.Recorded;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * float16 has 11 bits and ends at 65504. Sums and squares over such numbers are taken in float32:
 * the results are those of float64, rounded.
 */
class HalvesTest extends ArrayTest {

    // Rounding of the result, and of the upstream gradient's parts.
    private static final Tolerance ROUNDED = new Tolerance(2e-3, 1e-6);

    /** Compares the output and all gradients with those of the same halves in float64. */
    private void assertRounded(Function<NDList, NDArray> function, Tolerance tolerance, NDList in) {
        NDArray upstream =
                Gradients.upstream(function.apply(Gradients.toType(in, DataType.FLOAT64)))
                        .toType(DataType.FLOAT16, true);
        NDList want =
                Gradients.run(function, Gradients.toType(in, DataType.FLOAT64), wide(upstream));
        NDList got = Gradients.run(function, in, upstream);
        got.stream()
                .filter(Objects::nonNull)
                .forEach(array -> assertEquals(DataType.FLOAT16, array.getDataType()));
        Gradients.compare(Gradients.toType(got, DataType.FLOAT64), want, tolerance)
                .assertApproximate();
    }

    @ParameterizedTest
    @CsvSource({"20000, 27", "70000, 4"})
    void crossEntropyOfManyRows(long rows, int classes) {
        double uniform = Math.log(classes);
        NDArray labels = labels(rows, classes);
        NDList even = new NDList(zeros(rows, classes), labels);
        for (CrossEntropyFunction function :
                new CrossEntropyFunction[] {
                    new CrossEntropyFunction(Reduction.MEAN, null),
                    new CrossEntropyFunction(Reduction.MEAN, -1L),
                    new CrossEntropyFunction(Reduction.MEAN, null, 0.1)
                }) {
            NDArray loss = function.apply(even).get(0);
            assertEquals(DataType.FLOAT16, loss.getDataType());
            assertEquals(uniform, wide(loss).getDouble(), 1e-3);
            // A gradient is p / n, near the smallest of all halves, 6e-8.
            assertRounded(
                    first(function),
                    new Tolerance(2e-3, 6e-8),
                    new NDList(halves(0, 2, rows, classes), labels));
        }
        NDArray brain = Autograd.cast(zeros(rows, classes), DataType.BFLOAT16);
        NDArray ofBrain = new CrossEntropyFunction().apply(brain, labels);
        assertEquals(uniform, Recorded.wide(ofBrain).getFloat(), 1e-2);
        NDArray fused =
                new FusedLinearCrossEntropy()
                        .apply(zeros(rows, 3), zeros(classes, 3), labels, zeros(classes));
        assertEquals(uniform, wide(fused).getDouble(), 1e-3);
        assertRounded(
                first(new FusedLinearCrossEntropy()),
                new Tolerance(2e-3, 1e-7),
                new NDList(
                        halves(3, 1, rows, 3),
                        halves(0, 1, classes, 3),
                        labels,
                        halves(0, 1, classes)));
    }

    @ParameterizedTest
    @CsvSource({"0, 400", "1000, 1", "1000, 400", "20000, 10000", "0, 1e-3"})
    void normalizationHasDeviationOne(double mean, double deviation) {
        long n = 600;
        long channels = 8;
        NDArray x = halves(mean, deviation, n, channels);
        NDArray exact = wide(x);
        NDArray centered = exact.sub(exact.mean(new int[] {0}, true));
        NDArray var = centered.square().sum(new int[] {0}, true).div(n - 1);
        NDArray want = centered.div(var.add(1e-5).sqrt());
        Tolerance tolerance = new Tolerance(2e-3, 2e-3);

        NDList outputs =
                new BatchNormFunction(1e-5, 1)
                        .apply(new NDList(x, ones(channels), zeros(channels)));
        GradientTable table = new GradientTable(tolerance);
        table.compare("y", wide(outputs.get(0)), want);
        table.compare("var", wide(outputs.get(2)), var.squeeze(0));
        NDArray rows = x.transpose(); // (channels, n)
        NDArray biased = var.mul((double) (n - 1) / n).add(1e-5).sqrt();
        table.compare(
                "layer norm",
                wide(new LayerNormFunction(1e-5).apply(rows, ones(n), zeros(n))),
                centered.div(biased).transpose());
        table.assertApproximate();
    }

    @Test
    void gradientsOfNormalization() {
        for (double deviation : new double[] {1, 400}) {
            NDList in =
                    new NDList(halves(1000, deviation, 300, 6), halves(1, 0.1, 6), halves(0, 1, 6));
            Tolerance tolerance = new Tolerance(5e-3, 1e-2);
            assertRounded(first(new BatchNormFunction(1e-5, 1)), tolerance, in);
            assertRounded(first(new LayerNormFunction(1e-5)), tolerance, in);
        }
    }

    @Test
    void blocksOfBatchNormInTraining() {
        NDArray x = halves(1000, 400, 600, 8);
        ParameterStore store = new ParameterStore(manager, false);
        BatchNorm norm = BatchNorm.builder().build();
        norm.initialize(manager, DataType.FLOAT16, x.getShape());
        assertDeviationOne(norm.forward(store, new NDList(x), true).singletonOrThrow());
        for (int i = 0; i < 100; i++) {
            norm.forward(store, new NDList(x), true);
        }
        // A variance of 160,000, which is no float16.
        NDArray y = norm.forward(store, new NDList(x), false).singletonOrThrow();
        assertDeviationOne(y);
    }

    private static void assertDeviationOne(NDArray y) {
        assertEquals(DataType.FLOAT16, y.getDataType());
        assertEquals(1, wide(y).square().mean().getDouble(), 5e-3);
    }

    @ParameterizedTest
    @ValueSource(doubles = {40, 400})
    void attentionOfLargeProducts(double value) {
        long steps = 5;
        NDArray q = ones(2, steps, 64).mul(value);
        NDArray v = halves(0, 1, 2, steps, 3);
        // All products are equal, so that y is the plain mean so far.
        NDArray y = new CausalAttentionFunction().apply(q, q, v);
        NDArray counts =
                manager.arange(1, (int) steps + 1, 1, DataType.FLOAT64).reshape(1, steps, 1);
        GradientTable table = new GradientTable(new Tolerance(2e-3, 2e-3));
        table.compare("y", wide(y), wide(v).cumSum(1).div(counts));
        table.assertApproximate();
        assertRounded(
                first(new CausalAttentionFunction()),
                new Tolerance(5e-3, 5e-3),
                new NDList(halves(0, value, 2, steps, 64), halves(0, 1, 2, steps, 64), v));
    }

    @Test
    void sumsOverManyRows() {
        long rows = 70_000;
        assertRounded(
                first(new LinearFunction()),
                new Tolerance(5e-3, 5e-3),
                new NDList(halves(0, 0.1, rows, 3), halves(0, 1, 3, 2), halves(0, 1, 2)));
        assertRounded(
                first(new EmbeddingFunction()),
                ROUNDED,
                new NDList(labels(rows, 5), halves(0, 1, 5, 2)));
    }

    @Test
    void embeddingCanBeDifferentiatedTwice() {
        NDArray index = manager.create(new long[] {0, 2, 2});
        for (DataType type : new DataType[] {DataType.FLOAT16, DataType.FLOAT64}) {
            NDArray weight = manager.create(new float[] {1, 2, 3}, new Shape(3, 1));
            NDArray leaf = weight.toType(type, true);
            leaf.setRequiresGradient(true);
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                // L = sum y^3; dL/dw_r = 3 c_r w_r^2 with c_r = (1, 0, 2) places
                NDArray y = new EmbeddingFunction().apply(index, leaf);
                NDList loss = new NDList(y.mul(y).mul(y).sum());
                NDList leaves = new NDList(leaf);
                NDList one = new NDList(loss.head().onesLike());
                NDArray d = Autograd.grad(loss, leaves, one, true, true, false).get(0);
                NDArray second = Autograd.grad(new NDList(d.sum()), leaves).get(0); // 6 c_r w_r
                assertEquals(
                        manager.create(new double[] {6, 0, 36}, new Shape(3, 1)), wide(second));
            }
        }
    }

    @Test
    void largestHalves() {
        NDArray x = manager.create(new double[] {-65504, 65504}).toType(DataType.FLOAT16, false);
        NDArray y = new LayerNormFunction(0).apply(x, ones(2), zeros(2));
        assertEquals(manager.create(new double[] {-1, 1}), wide(y));
    }

    private NDArray halves(double mean, double deviation, long... shape) {
        return manager.randomNormal(
                        (float) mean, (float) deviation, new Shape(shape), DataType.FLOAT32)
                .toType(DataType.FLOAT16, false);
    }

    private NDArray zeros(long... shape) {
        return manager.zeros(new Shape(shape), DataType.FLOAT16);
    }

    private NDArray ones(long... shape) {
        return manager.ones(new Shape(shape), DataType.FLOAT16);
    }

    private NDArray labels(long count, int classes) {
        return manager.arange(0, (int) count, 1, DataType.INT64).mod(classes);
    }

    private static NDArray wide(NDArray array) {
        return array.toType(DataType.FLOAT64, true);
    }

    private static Function<NDList, NDArray> first(AutogradFunction function) {
        return in -> function.apply(in).get(0);
    }
}
