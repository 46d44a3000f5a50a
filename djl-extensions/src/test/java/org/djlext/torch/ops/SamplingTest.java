/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch.ops;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.Arrays;
import org.djlext.autograd.Autograd;
import org.djlext.testing.ArrayTest;
import org.djlext.torch.TorchScriptException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SamplingTest extends ArrayTest {

    private static final float[] WEIGHTS = {1, 0, 5, 2};

    /** Fails if a count of n draws is more than five standard deviations from its mean. */
    private static void assertBinomial(int n, double p, int count) {
        assertEquals(n * p, count, 5 * Math.sqrt(n * p * (1 - p)));
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "FLOAT64"})
    void multinomialDrawsByWeight(DataType type) {
        NDArray weights = manager.create(WEIGHTS).toType(type, false);
        int samples = 40_000;
        long[] draws = Sampling.multinomial(weights, samples, true).toLongArray();
        int[] counts = new int[WEIGHTS.length];
        for (long draw : draws) {
            counts[(int) draw]++;
        }
        for (int k = 0; k < counts.length; k++) {
            assertBinomial(samples, WEIGHTS[k] / 8, counts[k]);
        }
    }

    @Test
    void oneDrawWithoutReplacementIsTheFirstOfARace() {
        // The class whose exponential waiting time, divided by its weight, is the shortest.
        NDArray weights = manager.randomUniform(0.1f, 1, new Shape(50, 9));
        Engine.getInstance().setRandomSeed(8);
        NDArray waiting = Sampling.exponential(weights, 1);
        Engine.getInstance().setRandomSeed(8);
        NDArray draws = Sampling.multinomial(weights, 1, false);
        assertEquals(new Shape(50, 1), draws.getShape());
        assertEquals(weights.div(waiting).argMax(1), draws.squeeze(1));
    }

    @Test
    void withoutReplacementEachClassComesOnce() {
        NDArray weights = manager.create(WEIGHTS);
        for (int i = 0; i < 20; i++) {
            long[] draws = Sampling.multinomial(weights, 3, false).toLongArray();
            Arrays.sort(draws);
            assertArrayEquals(new long[] {0, 2, 3}, draws);
        }
        assertFailsSaying(
                TorchScriptException.class,
                () -> Sampling.multinomial(weights, 5, false),
                "multinomial(p: float32 (4), samples: 5, replacement: false) failed:"
                        + " cannot sample n_sample > prob_dist.size(-1) samples without"
                        + " replacement");
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "FLOAT64"})
    void exponentialHasItsDistribution(DataType type) {
        NDArray like = manager.zeros(new Shape(200, 200), type);
        NDArray draws = Sampling.exponential(like, 2);
        assertEquals(type, draws.getDataType());
        assertEquals(like.getShape(), draws.getShape());
        double[] values = draws.toType(DataType.FLOAT64, false).toDoubleArray();
        for (double t : new double[] {0.1, 0.5, 1, 2}) {
            int later = 0;
            for (double value : values) {
                later += value > t ? 1 : 0;
            }
            assertBinomial(values.length, Math.exp(-2 * t), later);
        }
        assertEquals(0, like.sum().toType(DataType.FLOAT64, false).getDouble());
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "FLOAT64", "BOOLEAN"})
    void bernoulliIsRepeatableWithASeed(DataType type) {
        NDArray like = manager.zeros(new Shape(100, 100), type);
        NDArray mask = Sampling.bernoulli(like, 0.3, 42);
        assertEquals(type, mask.getDataType());
        assertEquals(mask, Sampling.bernoulli(like, 0.3, 42));
        assertNotEquals(mask, Sampling.bernoulli(like, 0.3, 43));
        float[] values = mask.toType(DataType.FLOAT32, false).toFloatArray();
        int ones = 0;
        for (float value : values) {
            assertTrue(value == 0 || value == 1);
            ones += (int) value;
        }
        assertBinomial(10_000, 0.3, ones);
    }

    @Test
    void bernoulliWithASeedLeavesTheEnginesGeneratorAlone() {
        NDArray like = manager.zeros(new Shape(10));
        NDArray first = manager.randomNormal(new Shape(3));
        Engine.getInstance().setRandomSeed(7);
        Sampling.bernoulli(like, 0.5, 1);
        assertEquals(first, manager.randomNormal(new Shape(3)));
        Engine.getInstance().setRandomSeed(9);
        NDArray a = Sampling.bernoulli(like, 0.5);
        NDArray b = Sampling.bernoulli(like, 0.5);
        Engine.getInstance().setRandomSeed(9);
        assertEquals(a, Sampling.bernoulli(like, 0.5));
        assertEquals(b, Sampling.bernoulli(like, 0.5));
    }

    @Test
    void nothingIsRecorded() {
        NDArray weights = manager.create(WEIGHTS);
        weights.setRequiresGradient(true);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            assertFalse(Autograd.requiresGrad(Sampling.multinomial(weights, 1, true)));
            assertFalse(Autograd.requiresGrad(Sampling.exponential(weights, 1)));
            assertFalse(Autograd.requiresGrad(Sampling.bernoulli(weights, 0.5)));
        }
        assertArrayEquals(WEIGHTS, weights.toFloatArray());
    }
}
