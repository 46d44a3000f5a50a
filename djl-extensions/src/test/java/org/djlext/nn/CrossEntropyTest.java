/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.Arrays;
import java.util.function.Function;
import org.djlext.gradcheck.GradCheck;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.testing.ArrayTest;
import org.djlext.testing.Gradients;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Cross entropy of labels and of probabilities, with weights and smoothing, and fused with the
 * layer before it, beside what PyTorch's cross_entropy calls and the engine's plain operations.
 */
class CrossEntropyTest extends ArrayTest {

    private static final int ROWS = 6;

    private static final int CLASSES = 5;

    private static final Tolerance TIGHT = new Tolerance(1e-9, 1e-12);

    /** Compares with PyTorch's kernel; targets have a gradient if they are probabilities. */
    private void assertSame(
            Reduction reduction,
            long ignored,
            double smoothing,
            NDArray targets,
            @Nullable NDArray weights) {
        CrossEntropyFunction function = new CrossEntropyFunction(reduction, ignored, smoothing);
        Gradients.assertSame(
                in -> function.apply(in.get(0), in.get(1), weights),
                in ->
                        LossCases.kernel(
                                new NDList(in.get(0), in.get(1), weights),
                                reduction,
                                ignored,
                                smoothing),
                new NDList(random(ROWS, CLASSES), targets),
                new Tolerance(1e-11, 1e-13));
    }

    @ParameterizedTest
    @EnumSource(Reduction.class)
    void labels(Reduction reduction) {
        NDArray labels = manager.create(new long[] {4, 0, -7, 2, 2, 1});
        NDArray zeroToo = manager.create(new double[] {0.5, 2, 0.25, 3, 0});
        for (double smoothing : new double[] {0, 0.3, 1}) {
            assertSame(reduction, -7, smoothing, labels, zeroToo);
            assertSame(reduction, -7, smoothing, labels, null);
            assertSame(reduction, -100, smoothing, labels.abs().mod(CLASSES), zeroToo);
        }
    }

    @ParameterizedTest
    @EnumSource(Reduction.class)
    void probabilities(Reduction reduction) {
        NDArray probabilities = random(ROWS, CLASSES).softmax(1);
        NDArray weights = manager.create(new double[] {0.5, 2, 0.25, 3, 0});
        for (double smoothing : new double[] {0, 0.3, 1}) {
            assertSame(reduction, -100, smoothing, probabilities, weights);
            assertSame(reduction, -100, smoothing, probabilities, null);
        }
    }

    @ParameterizedTest
    @EnumSource(Reduction.class)
    void secondDerivatives(Reduction reduction) {
        NDArray labels = manager.create(new long[] {4, 0, -7, 2, 2, 1});
        NDArray weights = manager.create(new double[] {0.5, 2, 0.25, 3, 1});
        GradCheck check = GradCheck.builder().optInputNames("logits", "targets").build();
        for (double smoothing : new double[] {0, 0.3}) {
            CrossEntropyFunction f = new CrossEntropyFunction(reduction, -7L, smoothing);
            for (NDArray w : Arrays.asList(null, weights)) {
                Function<NDList, NDList> function =
                        in -> f.apply(new NDList(in.get(0), in.get(1), w));
                for (NDArray targets : new NDArray[] {labels, random(ROWS, CLASSES).abs()}) {
                    NDList leaves = Gradients.leaves(new NDList(random(ROWS, CLASSES), targets));
                    check.check(function, leaves).assertPassed();
                    check.gradGradCheck(function, leaves).assertPassed();
                }
            }
        }
    }

    @Test
    void theDefaultIgnoresWhatPyTorchIgnores() {
        NDArray logits = random(3, CLASSES);
        NDArray labels = manager.create(new long[] {4, -100, 2});
        NDArray kept = manager.create(new long[] {0, 2});
        assertEquals(
                new CrossEntropyFunction(Reduction.MEAN, null)
                        .apply(logits.get(kept), labels.get(kept))
                        .getDouble(),
                new CrossEntropyFunction().apply(logits, labels).getDouble(),
                1e-15);
    }

    @Test
    void oneHotProbabilitiesAreTheLabels() {
        NDArray logits = random(ROWS, CLASSES);
        NDArray labels = manager.create(new long[] {4, 0, 3, 2, 2, 1});
        CrossEntropyFunction f = new CrossEntropyFunction();
        NDArray oneHot = labels.oneHot(CLASSES, DataType.FLOAT32); // of another type
        assertEquals(
                f.apply(logits, labels).getDouble(), f.apply(logits, oneHot).getDouble(), 1e-14);
    }

    @ParameterizedTest
    @CsvSource({"0", "0.1"})
    void allIgnoredIsNaNForTheMeanAsInPyTorch(double smoothing) {
        NDArray weights = manager.create(new double[] {0.5, 2, 0.25, 3, 1});
        NDArray labels = manager.full(new Shape(ROWS), -100, DataType.INT64);
        CrossEntropyFunction f = new CrossEntropyFunction(Reduction.MEAN, -100L, smoothing);
        NDList r =
                Gradients.run(
                        in -> f.apply(in.get(0), labels, weights),
                        new NDList(random(ROWS, CLASSES)),
                        manager.create(1.0));
        assertTrue(Double.isNaN(r.get(0).getDouble()));
        assertArrayEquals(new double[ROWS * CLASSES], r.get(1).abs().toDoubleArray());
        CrossEntropyFunction sum = new CrossEntropyFunction(Reduction.SUM, -100L, smoothing);
        assertEquals(0, sum.apply(random(ROWS, CLASSES), labels, weights).getDouble());
    }

    private static NDArray gradient(NDArray logits, Function<NDArray, NDArray> loss) {
        NDArray fresh = logits.stopGradient().duplicate();
        fresh.setRequiresGradient(true);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            collector.backward(loss.apply(fresh));
        }
        return fresh.getGradient();
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

    /** With weights too, a logit of -inf is a class of probability 0 and not NaN. */
    @Test
    void classThatIsRuledOutAddsNothing() {
        NDArray logits = manager.create(new double[][] {{Double.NEGATIVE_INFINITY, 1, 2}});
        logits.setRequiresGradient(true);
        NDArray labels = manager.create(new long[] {2});
        NDArray weights = manager.create(new double[] {1, 2, 3});
        CrossEntropyFunction sum = new CrossEntropyFunction(Reduction.SUM, null);
        double p = 1 / (1 + Math.E); // of class 1
        NDArray dlogits;
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray loss = sum.apply(logits, labels, weights);
            assertEquals(-3 * Math.log(1 - p), loss.getDouble(), 1e-12);
            collector.backward(loss);
            dlogits = logits.getGradient();
        }
        assertArrayEquals(new double[] {0, 3 * p, -3 * p}, dlogits.toDoubleArray(), 1e-12);
    }

    @Test
    void hugeLogitsNeitherOverflowNorVanish() {
        NDArray logits =
                manager.create(new float[] {1e4f, -1e4f, 0, 3e38f, 0, -3e38f}, new Shape(2, 3));
        NDArray labels = manager.create(new int[] {1, 0});
        CrossEntropyLoss loss = unreduced("loss");
        assertArrayEquals(
                new float[] {2e4f, 0},
                loss.evaluate(new NDList(labels), new NDList(logits)).toFloatArray(),
                1e-30f); // -0 is 0
        NDArray dlogits =
                gradient(logits, v -> loss.evaluate(new NDList(labels), new NDList(v)).sum());
        assertArrayEquals(new float[] {1, -1, 0, 0, 0, 0}, dlogits.toFloatArray());
    }

    private static CrossEntropyLoss unreduced(String name) {
        return new CrossEntropyLoss(name, new CrossEntropyFunction(Reduction.NONE, null));
    }

    /** log softmax and picking in the engine's operations. */
    private static NDArray plain(NDArray logits, NDArray labels) {
        return logits.logSoftmax(1).get(new NDIndex().addAllDim().addPickDim(labels)).neg();
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
        CrossEntropyLoss none = unreduced("none");
        assertEquals(new Shape(4, 3), none.evaluate(new NDList(labels), p).getShape());
    }

    @Test
    void fusedOverSeveralChunksWithAnUnevenLastOneAndABias() {
        // 16,384 classes leave 256 rows a chunk, so 600 rows are two chunks and a part.
        NDArray labels = manager.randomInteger(0, 16_384, new Shape(600), DataType.INT64);
        Gradients.assertSame(
                in -> new FusedLinearCrossEntropy().apply(in).get(0),
                in -> {
                    NDArray logits = in.get(0).matMul(in.get(1).transpose()).add(in.get(3));
                    return logits.logSoftmax(1).gather(in.get(2).reshape(-1, 1), 1).mean().neg();
                },
                new NDList(random(600, 3), random(16_384, 3), labels, random(16_384)),
                new Tolerance(1e-9, 1e-13));
    }

    @Test
    void fusedWithoutGradientIsTheLossAlone() {
        NDArray x = manager.randomNormal(new Shape(4, 3));
        NDArray w = manager.randomNormal(new Shape(7, 3));
        NDArray y = manager.create(new int[] {6, 0, 3, 3});
        NDArray logits = x.matMul(w.transpose());
        assertEquals(
                new CrossEntropyFunction(Reduction.MEAN, null).apply(logits, y).getFloat(),
                new FusedLinearCrossEntropy().apply(x, w, y).getFloat(),
                1e-6f);
    }

    @Test
    void fusedNamesWrongShapesAndLabels() {
        NDArray x = manager.randomNormal(new Shape(2, 3));
        NDArray w = manager.randomNormal(new Shape(7, 4));
        NDArray y = manager.create(new long[] {6, 7});
        FusedLinearCrossEntropy op = new FusedLinearCrossEntropy();
        assertRefused(
                "FusedLinearCrossEntropy takes x of shape (N, D), w of shape (K, D), labels of"
                        + " shape (N) and b of shape (K) or none, but got (2, 3), (7, 4), (2)",
                () -> op.apply(x, w, y));
        NDArray fitting = manager.randomNormal(new Shape(7, 3));
        assertFailsSaying(
                IllegalArgumentException.class,
                () -> op.apply(x, fitting, y),
                "element 1 of an array of shape (2) is 7");
    }

    @Test
    void mistakesAreNamed() {
        CrossEntropyFunction f = new CrossEntropyFunction();
        NDArray logits = random(ROWS, CLASSES);
        NDArray labels = manager.zeros(new Shape(ROWS), DataType.INT64);
        assertRefused(
                "cross entropy over 5 classes takes weights of shape (5), but got (6)",
                () -> f.apply(logits, labels, random(6)));
        NDArray trained = random(CLASSES);
        trained.setRequiresGradient(true);
        assertRefused(
                "cross entropy has no gradient for the weights of classes; give it"
                        + " weights.stopGradient()",
                () ->
                        Gradients.run(
                                in -> f.apply(in.get(0), labels, trained),
                                new NDList(logits),
                                manager.create(1.0)));
        assertRefused(
                "cross entropy takes one label for each row of logits: logits of shape (6, 5) need"
                        + " labels of shape (6), or probabilities of their own shape, but got (6, 4)",
                () -> f.apply(logits, random(6, 4)));
        CrossEntropyFunction all = new CrossEntropyFunction(Reduction.MEAN, null);
        String range = "cross entropy over 5 classes takes labels from 0 to 4, but element ";
        assertRefused(
                range + "2 of an array of shape (6) is 5",
                () -> all.apply(logits, manager.create(new long[] {0, 4, 5, 0, 0, 0})));
        assertRefused(
                range + "1 of an array of shape (6) is -1",
                () -> all.apply(logits, manager.create(new long[] {0, -1, 5, 0, 0, 0})));
        assertRefused(
                "cross entropy takes labels of an integer type, but got float32; convert them with"
                        + " toType(DataType.INT64, false)",
                () -> all.apply(logits, manager.create(new float[6])));
        CrossEntropyLoss loss = unreduced("ce");
        NDList four = new NDList(manager.create(new long[4]));
        assertRefused(
                "ce takes one label for each row of logits: logits of shape (6, 5) need labels of"
                        + " shape (6), but got (4)",
                () -> loss.evaluate(four, new NDList(logits)));
    }
}
