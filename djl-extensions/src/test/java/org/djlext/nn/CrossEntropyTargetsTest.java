/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.djlext.testing.Failures.assertRefused;
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
import java.util.function.Function;
import org.djlext.autograd.EngineFunction;
import org.djlext.gradcheck.GradCheck;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.testing.ArrayTest;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Weights of classes, probabilities and smoothing, beside what PyTorch's cross_entropy calls. */
class CrossEntropyTargetsTest extends ArrayTest {

    private static final int ROWS = 6;
    private static final int CLASSES = 5;

    /** Compares loss and gradients; targets have one if they are probabilities. */
    private void assertSame(
            Reduction reduction,
            long ignored,
            double smoothing,
            NDArray targets,
            @Nullable NDArray weights) {
        CrossEntropyFunction function = new CrossEntropyFunction(reduction, ignored, smoothing);
        Function<NDList, NDArray> manual = in -> function.apply(in.get(0), in.get(1), weights);
        int code = reduction == Reduction.NONE ? 0 : reduction == Reduction.MEAN ? 1 : 2;
        Function<NDList, NDArray> engine =
                in ->
                        EngineFunction.callForArray(
                                "cross_entropy_loss",
                                in.get(0),
                                in.get(1),
                                weights,
                                code,
                                ignored,
                                smoothing);
        NDList inputs = new NDList(random(ROWS, CLASSES), targets);
        NDArray upstream = OpCase.upstream(engine.apply(inputs));
        NDList want = OpCase.run(engine, inputs, upstream);
        NDList got = OpCase.run(manual, inputs, upstream);
        GradientTable table = new GradientTable(new Tolerance(1e-11, 1e-13));
        for (int i = 0; i < want.size(); i++) {
            if (want.get(i) != null) {
                table.compare(i == 0 ? "loss" : "d" + (i - 1), got.get(i), want.get(i));
            }
        }
        table.assertApproximate();
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
                    NDList leaves = OpCase.leaves(new NDList(random(ROWS, CLASSES), targets));
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
    void allIgnoredIsNaNWithWeightsToo(double smoothing) {
        NDArray weights = manager.create(new double[] {0.5, 2, 0.25, 3, 1});
        NDArray labels = manager.full(new Shape(ROWS), -100, DataType.INT64);
        CrossEntropyFunction f = new CrossEntropyFunction(Reduction.MEAN, -100L, smoothing);
        NDList r =
                OpCase.run(
                        in -> f.apply(in.get(0), labels, weights),
                        new NDList(random(ROWS, CLASSES)),
                        manager.create(1.0));
        assertTrue(Double.isNaN(r.get(0).getDouble()));
        assertArrayEquals(new double[ROWS * CLASSES], r.get(1).abs().toDoubleArray());
    }

    @Test
    void mistakesAreNamed() {
        CrossEntropyFunction f = new CrossEntropyFunction();
        NDArray logits = random(ROWS, CLASSES);
        NDArray labels = manager.zeros(new Shape(ROWS), DataType.INT64);
        assertEquals(
                "cross entropy over 5 classes takes weights of shape (5), but got (6)",
                message(f, logits, labels, random(6)));
        NDArray trained = random(CLASSES);
        trained.setRequiresGradient(true);
        assertRefused(
                "cross entropy has no gradient for the weights of classes; give it"
                        + " weights.stopGradient()",
                () ->
                        OpCase.run(
                                in -> f.apply(in.get(0), labels, trained),
                                new NDList(logits),
                                manager.create(1.0)));
        assertEquals(
                "cross entropy takes one label for each row of logits: logits of shape (6, 5) need"
                        + " labels of shape (6), or probabilities of their own shape, but got (6, 4)",
                message(f, logits, random(6, 4)));
    }

    private static String message(CrossEntropyFunction function, NDArray... inputs) {
        Exception e = assertThrows(IllegalArgumentException.class, () -> function.apply(inputs));
        return String.valueOf(e.getMessage());
    }
}
