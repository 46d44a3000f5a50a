/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.rounding;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.function.BinaryOperator;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.layer.Operations;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The operations of this package against the JDK's functions and the engine's gradients. */
class RoundedOperationsTest {

    // Of gradients up to 200.
    private static final float TOLERANCE = 1e-4f;

    private final Operations engine = Gradients.ENGINE.operations();

    @ParameterizedTest
    @ValueSource(floats = {0, -0f, 1e-30f, 0.004f, 0.3f, -0.7f, 2, -5.5f, 8.6f, 9, 1e30f})
    void functionsAreWithinAnUlp(float x) {
        assertClose(Math.tanh(x), SleefMath.tanh(x));
        float negative = -Math.min(Math.abs(x), 80);
        assertClose(Math.exp(negative), SleefMath.exp(negative));
        float positive = Math.abs(x) + 1;
        assertClose(Math.log(positive), SleefMath.log(positive));
    }

    @Test
    void functionsKnowTheirEnds() {
        assertEquals(0, SleefMath.exp(-1000));
        assertEquals(1, SleefMath.exp(0));
        assertEquals(0, SleefMath.log(1));
        assertEquals(Float.NaN, SleefMath.tanh(Float.NaN));
        assertEquals(-1, SleefMath.tanh(Float.NEGATIVE_INFINITY));
    }

    /** Nothing of the small products is left if they are added to the large one one by one. */
    @Test
    void matMulAddsFromTheFirstTermOn() {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray a = manager.create(new float[] {1e8f, 1, 1, 1, 1, 1}, new Shape(1, 6));
            NDArray ones = manager.ones(new Shape(6, 1));
            NDArray last = a.flip(1);
            SequentialMatMul matMul = new SequentialMatMul();
            assertEquals(1e8f, matMul.apply(a, ones).singletonOrThrow().getFloat());
            assertEquals(1e8f + 8, matMul.apply(last, ones).singletonOrThrow().getFloat());
        }
    }

    @Test
    void agreesWithTheEngine() {
        try (NDManager manager = NDManager.newBaseManager()) {
            Engine.getInstance().setRandomSeed(1);
            NDArray x = manager.randomNormal(new Shape(5, 30));
            NDArray w = manager.randomNormal(new Shape(30, 27));
            NDArray labels = manager.randomInteger(0, 27, new Shape(5), DataType.INT64);
            assertSame(x, w, (a, b) -> one(new SequentialMatMul().apply(a, b)), NDArray::matMul);
            assertSame(x, x, (a, b) -> one(new SleefTanh().apply(a)), (a, b) -> a.tanh());
            NDArray logits = x.get(":, :27").duplicate();
            assertSame(
                    logits,
                    logits,
                    (a, b) -> one(new EightLaneCrossEntropy().apply(a, labels)),
                    (a, b) -> engine.crossEntropy(a, labels));
        }
    }

    private static void assertSame(
            NDArray a, NDArray b, BinaryOperator<NDArray> ours, BinaryOperator<NDArray> engine) {
        float[][] got = outputAndGradients(a, b, ours);
        float[][] want = outputAndGradients(a, b, engine);
        for (int i = 0; i < want.length; i++) {
            assertArrayEquals(want[i], got[i], TOLERANCE);
        }
    }

    private static float[][] outputAndGradients(
            NDArray a, NDArray b, BinaryOperator<NDArray> operation) {
        a.setRequiresGradient(true);
        b.setRequiresGradient(true);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            collector.zeroGradients();
            NDArray y = operation.apply(a, b);
            collector.backward(y.square().sum());
            return new float[][] {
                y.toFloatArray(), a.getGradient().toFloatArray(), b.getGradient().toFloatArray()
            };
        }
    }

    private static NDArray one(NDList outputs) {
        return outputs.singletonOrThrow();
    }

    private static void assertClose(double want, float got) {
        assertEquals(want, got, Math.ulp((float) want));
    }
}
