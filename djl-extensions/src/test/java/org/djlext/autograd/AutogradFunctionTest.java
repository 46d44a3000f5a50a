/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import org.junit.jupiter.api.Test;

/**
 * A custom function in the engine's graph: it runs in the middle of it, nested, in a row, or
 * unrecorded.
 */
class AutogradFunctionTest extends FunctionTestBase {

    @Test
    void aWrongRuleIsWhatRuns() {
        NDArray x = random(new Shape(3, 5), DataType.FLOAT32);
        AutogradFunction wrong = TestFunctions.wrongBySeven();
        NDArray dx = gradient(x, v -> wrong.apply(v).sum());
        for (float value : dx.toFloatArray()) {
            assertEquals(7f, value);
        }
    }

    @Test
    void runsInTheMiddleOfTheEnginesGraph() {
        AutogradFunction square = TestFunctions.square();
        assertSameGradient(
                random(new Shape(4, 3), DataType.FLOAT64),
                x -> square.apply(x.tanh()).sin().sum(),
                x -> x.tanh().square().sin().sum());
    }

    @Test
    void oneInsideAnother() {
        AutogradFunction square = TestFunctions.square();
        AutogradFunction outer =
                TestFunctions.of(
                        x -> square.apply(x).mul(x), (x, dy) -> dy.mul(square.apply(x)).mul(3));
        assertSameGradient(
                random(new Shape(3, 2), DataType.FLOAT64),
                x -> outer.apply(x).sum(),
                x -> x.mul(x).mul(x).sum());
    }

    @Test
    void manyInARow() {
        AutogradFunction addHalf =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0).add(0.5f)),
                        (ctx, dy) -> new NDList(dy.get(0).mul(1.001f)));
        NDArray x = random(new Shape(3), DataType.FLOAT64);
        NDArray dx =
                gradient(
                        x,
                        v -> {
                            NDArray y = v;
                            for (int i = 0; i < 1000; i++) {
                                y = addHalf.apply(y);
                            }
                            return y.sum();
                        });
        for (double value : dx.toDoubleArray()) {
            assertEquals(Math.pow(1.001f, 1000), value, 1e-6);
        }
    }

    @Test
    void withoutRecordingItIsForwardAlone() {
        NDArray x = random(new Shape(3), DataType.FLOAT32);
        AutogradFunction f =
                TestFunctions.of(
                        (ctx, in) -> {
                            assertFalse(ctx.needsInputGrad(0));
                            return new NDList(in.get(0));
                        },
                        (ctx, dy) -> dy);
        try (Autograd.Scope scope = Autograd.noGrad()) {
            assertEquals(x, f.apply(x));
        }
        try (GradientCollector collector = Engine.getInstance().newGradientCollector();
                Autograd.Scope scope = Autograd.noGrad()) {
            assertFalse(Autograd.isRecording());
            assertEquals(x, f.apply(x));
        }
    }

    @Test
    void retainGradOnInputsOutputsAndBetween() {
        NDArray x = random(new Shape(2, 2), DataType.FLOAT64);
        NDArray h = Autograd.retainGrad(x.mul(3));
        NDArray y = Autograd.retainGrad(TestFunctions.square().apply(h));
        backward(y.mul(5).sum());
        assertValues(Autograd.gradient(y), 5, 5, 5, 5);
        assertArrayEquals(h.mul(10).toDoubleArray(), Autograd.gradient(h).toDoubleArray(), 1e-12);
        assertArrayEquals(h.mul(30).toDoubleArray(), Autograd.gradient(x).toDoubleArray(), 1e-12);
    }
}
