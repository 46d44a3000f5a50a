/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.djlext.torch.NativeHooks;
import org.junit.jupiter.api.Test;

/** Backward passes through backward passes, and where they are refused. */
class SecondDerivativeTest extends GraphTestBase {

    @Test
    void customFunctionsDifferentiateTwiceAndThrice() {
        NDArray x = leaf(1, 2, -3);
        NDList inputs = new NDList(x);
        NDArray y = TestFunctions.cube().apply(x).sum();
        NDList one = new NDList(manager.create(1.0));
        NDList first = Autograd.grad(new NDList(y), inputs, one, true, true, false);
        assertArrayEquals(new double[] {3, 12, 27}, first.get(0).toDoubleArray());
        NDArray sum = first.get(0).sum();
        NDList second = Autograd.grad(new NDList(sum), inputs, one, true, true, false);
        assertArrayEquals(new double[] {6, 12, -18}, second.get(0).toDoubleArray());
        NDList third = Autograd.grad(new NDList(second.get(0).sum()), inputs);
        assertArrayEquals(new double[] {6, 6, 6}, third.get(0).toDoubleArray());
    }

    @Test
    void functionInsideBackwardIsDifferentiatedToo() {
        // The derivative of x^4 written with the custom cube: 4 cube(x).
        AutogradFunction fourth =
                TestFunctions.of(
                        v -> v.pow(4), (v, dy) -> TestFunctions.cube().apply(v).mul(4).mul(dy));
        NDArray x = leaf(2, -1);
        NDArray y = fourth.apply(x).sum();
        NDList one = new NDList(manager.create(1.0));
        NDList first = Autograd.grad(new NDList(y), new NDList(x), one, true, true, false);
        NDList second = Autograd.grad(new NDList(first.get(0).sum()), new NDList(x));
        assertArrayEquals(new double[] {48, 12}, second.get(0).toDoubleArray(), 1e-12);
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
        double[] want = {Math.E, Math.exp(2)};
        for (int order = 1; order <= 4; order++) {
            NDList ones = new NDList(y.onesLike());
            y = Autograd.grad(new NDList(y), new NDList(x), ones, true, true, false).get(0);
            assertArrayEquals(want, y.toDoubleArray(), 1e-12);
        }
    }

    @Test
    void savedIntermediatesRefuseASecondDerivativeThatReachesThem() {
        NDArray x = leaf(1);
        NDArray w = leaf(3);
        NDArray y = exp(false).apply(x).mul(w);
        NDList one = new NDList(manager.create(new double[] {1}));
        NDArray dx = Autograd.grad(new NDList(y), new NDList(x), one, true, true, false).get(0);
        // d (w e^x) / dw does not go through what was saved.
        NDList dw = Autograd.grad(new NDList(dx), new NDList(w), one, true, false, false);
        assertArrayEquals(new double[] {Math.E}, dw.get(0).toDoubleArray(), 1e-12);
        assertFailsSaying(
                EngineException.class,
                () -> Autograd.grad(new NDList(dx), new NDList(x), one, true, false, false),
                "LambdaFunction: a saved tensor is neither an input nor an output");
    }

    @Test
    void onceDifferentiableSaysSo() {
        AutogradFunction once =
                new AutogradFunction() {
                    @Override
                    protected NDList forward(FunctionContext ctx, NDList inputs) {
                        return new NDList(inputs.get(0).mul(2));
                    }

                    @Override
                    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
                        return new NDList(gradOutputs.get(0).mul(2));
                    }

                    @Override
                    protected String name() {
                        return "Twice";
                    }

                    @Override
                    protected boolean onceDifferentiable() {
                        return true;
                    }
                };
        NDArray x = leaf(1, 2);
        NDList y = new NDList(once.apply(x).sum());
        NDList one = new NDList(manager.create(1.0));
        NDArray dx = Autograd.grad(y, new NDList(x), one, true, true, false).get(0);
        NDList loss = new NDList(dx.mul(x).sum());
        assertFailsSaying(
                EngineException.class,
                () -> Autograd.grad(loss, new NDList(x)),
                "Twice can be differentiated once");
        assertArrayEquals(
                new double[] {2, 2}, Autograd.grad(y, new NDList(x)).get(0).toDoubleArray());
    }

    @Test
    void memoryOfSecondDerivativesIsFlat() {
        NDArray x = leaf(1, 2, 3);
        NDList one = new NDList(manager.create(1.0));
        for (int i = 0; i < 300; i++) {
            try (NDManager sub = manager.newSubManager()) {
                NDArray h = x.mul(sub.create(2.0));
                h.attach(sub);
                NDArray y = TestFunctions.cube().apply(h).sum();
                NDList first = Autograd.grad(new NDList(y), new NDList(x), one, true, true, false);
                NDArray sum = first.get(0).sum();
                Autograd.grad(new NDList(sum), new NDList(x));
            }
            assertEquals(nodes, NativeHooks.liveNodes());
        }
        assertEquals(new Shape(3), x.getShape());
        assertEquals(DataType.FLOAT64, x.getDataType());
    }
}
