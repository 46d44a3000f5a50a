/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.djlext.internal.NativeHooks;
import org.junit.jupiter.api.Test;

/** Backward passes through backward passes, and where they are refused. */
class SecondDerivativeTest extends GraphTestBase {

    @Test
    void customFunctionsDifferentiateTwiceAndThrice() {
        NDArray x = leaf(1, 2, -3);
        NDArray first = grad(TestFunctions.cube().apply(x), x, true);
        assertValues(first, 3, 12, 27);
        NDArray second = grad(first, x, true);
        assertValues(second, 6, 12, -18);
        assertValues(grad(second, x), 6, 6, 6);
    }

    @Test
    void functionInsideBackwardIsDifferentiatedToo() {
        // The derivative of x^4 written with the custom cube: 4 cube(x).
        AutogradFunction fourth =
                TestFunctions.of(
                        v -> v.pow(4), (v, dy) -> TestFunctions.cube().apply(v).mul(4).mul(dy));
        NDArray x = leaf(2, -1);
        assertValues(grad(grad(fourth.apply(x), x, true), x), 48, 12);
    }

    /** y = e^x by a saved array, which is either the output or an intermediate. */
    private static AutogradFunction exp(boolean saveOutput) {
        return TestFunctions.of(
                (ctx, in) -> {
                    NDArray y = in.get(0).exp();
                    ctx.saveForBackward(saveOutput ? y : y.mul(1));
                    return new NDList(y);
                },
                (ctx, dy) -> new NDList(dy.get(0).mul(ctx.savedTensors().get(0))));
    }

    @Test
    void savedOutputsAreDifferentiatedThrough() {
        NDArray x = leaf(1, 2);
        NDArray y = exp(true).apply(x);
        for (int order = 1; order <= 4; order++) {
            y = grad(y, x, true);
            assertValues(y, Math.E, Math.exp(2));
        }
    }

    @Test
    void savedIntermediatesRefuseASecondDerivativeThatReachesThem() {
        NDArray x = leaf(1);
        NDArray w = leaf(3);
        NDArray dx = grad(exp(false).apply(x).mul(w), x, true);
        // d (w e^x) / dw does not go through what was saved.
        assertValues(grad(dx, w), Math.E);
        assertFailsSaying(
                EngineException.class,
                () -> grad(dx, x),
                "LambdaFunction: a saved tensor is neither an input nor an output");
    }

    @Test
    void onceDifferentiableSaysSo() {
        AutogradFunction once =
                TestFunctions.once(
                        (ctx, in) -> new NDList(in.get(0).mul(2)),
                        (ctx, dy) -> new NDList(dy.get(0).mul(2)));
        NDArray x = leaf(1, 2);
        NDArray y = once.apply(x);
        NDArray loss = grad(y, x, true).mul(x);
        assertFailsSaying(EngineException.class, () -> grad(loss, x), "can be differentiated once");
        assertValues(grad(y, x), 2, 2);
    }

    @Test
    void memoryOfSecondDerivativesIsFlat() {
        NDArray x = leaf(1, 2, 3);
        for (int i = 0; i < 300; i++) {
            try (NDManager sub = manager.newSubManager()) {
                NDArray h = x.mul(sub.create(2.0));
                h.attach(sub);
                grad(grad(TestFunctions.cube().apply(h), x, true), x);
            }
            assertEquals(nodes, NativeHooks.liveNodes());
        }
        assertEquals(new Shape(3), x.getShape());
        assertEquals(DataType.FLOAT64, x.getDataType());
    }
}
