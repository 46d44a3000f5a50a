/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.djlext.testing.Failures.assertRefusedSaying;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import org.djlext.testing.LambdaFunction;
import org.junit.jupiter.api.Test;

/** grad, hooks, anomalies: what the engine can do and DJL does not show. */
class AutogradTest extends GraphTestBase {

    @Test
    void gradStoresNothing() {
        NDArray x = leaf(1, 2, 3);
        NDArray h = x.mul(2);
        NDArray loss = TestFunctions.cube().apply(h).sum();
        NDList gradients = Autograd.grad(new NDList(loss), new NDList(x, h));
        assertValues(gradients.get(0), 24, 96, 216);
        assertValues(gradients.get(1), 12, 48, 108);
        assertThrows(IllegalStateException.class, () -> Autograd.gradient(x));
    }

    @Test
    void gradWithUpstreamOfSeveralOutputs() {
        NDArray x = leaf(1, 2);
        NDList outputs = new NDList(x.square(), x.mul(3).sum());
        NDList upstream = new NDList(manager.create(new double[] {1, 10}), manager.create(2.0));
        NDList gradients = Autograd.grad(outputs, new NDList(x), upstream, true, false, false);
        assertValues(gradients.get(0), 8, 46);
        // The graph was kept.
        NDList again = Autograd.grad(outputs, new NDList(x), upstream, false, false, false);
        assertEquals(gradients.get(0), again.get(0));
    }

    @Test
    void unusedInputsOnlyIfAllowed() {
        NDArray x = leaf(1, 2);
        NDArray unused = leaf(5);
        NDList outputs = new NDList(x.square().sum());
        NDList inputs = new NDList(x, unused);
        NDList one = new NDList(manager.create(1.0));
        assertThrows(
                EngineException.class,
                () -> Autograd.grad(outputs, inputs, one, true, false, false));
        NDList gradients = Autograd.grad(outputs, inputs, one, true, false, true);
        assertNull(gradients.get(1));
        assertValues(gradients.get(0), 2, 4);
    }

    @Test
    void wrongArgumentsOfGrad() {
        NDArray x = leaf(1, 2);
        NDArray plain = manager.create(new double[] {1});
        NDArray y = x.square();
        assertRefusedSaying(
                "takes scalars, but got an array of shape (2)",
                () -> Autograd.grad(new NDList(y), new NDList(x)));
        assertRefusedSaying(
                "does not; call setRequiresGradient(true)",
                () -> Autograd.grad(new NDList(y.sum()), new NDList(plain)));
        assertRefusedSaying(
                "output 0 has (2) float64 and its upstream gradient (1) float64",
                () ->
                        Autograd.grad(
                                new NDList(y),
                                new NDList(x),
                                new NDList(plain),
                                false,
                                false,
                                false));
        assertRefusedSaying(
                "at least one input to differentiate by, but got none",
                () -> Autograd.grad(new NDList(y.sum()), new NDList()));
    }

    @Test
    void hookSeesTheWholeGradientAndMayReplaceIt() {
        NDArray x = leaf(1, 2);
        NDArray h = x.mul(3);
        List<double[]> seen = new ArrayList<>();
        Autograd.onGradient(
                h,
                dh -> {
                    seen.add(dh.toDoubleArray());
                    return dh.mul(10);
                });
        NDArray loss = h.square().sum().add(h.sum());
        backward(loss);
        assertEquals(1, seen.size());
        assertArrayEquals(new double[] {7, 13}, seen.get(0));
        assertValues(x.getGradient(), 210, 390);
    }

    @Test
    void hookOnALeafThatIsTakenAway() {
        NDArray x = leaf(1, 2);
        Autograd.Scope hook = Autograd.onGradient(x, dx -> dx.neg());
        NDList none = new NDList();
        Autograd.onGradient(
                x,
                dx -> {
                    none.add(dx);
                    return null;
                });
        backward(x.square().sum());
        assertValues(x.getGradient(), -2, -4);
        hook.close();
        backward(x.square().sum());
        assertValues(x.getGradient(), 0, 0);
        assertEquals(2, none.size());
    }

    @Test
    void hookThatFailsOrReturnsSomethingElse() {
        NDArray x = leaf(1, 2);
        NDArray h = x.mul(3);
        Autograd.onGradient(h, dh -> dh.sum());
        assertHookFails(
                h.sum(), "an array of shape (2) must return a gradient of shape (2), but returned");
        NDArray g = x.mul(3);
        Autograd.onGradient(
                g,
                dg -> {
                    throw new IllegalStateException("no");
                });
        assertHookFails(g.sum(), "threw java.lang.IllegalStateException: no");
        NDArray plain = manager.create(1.0);
        assertRefusedSaying(
                "none flows to an array of shape ()", () -> Autograd.onGradient(plain, v -> v));
    }

    private void assertHookFails(NDArray loss, String part) {
        assertFailsSaying(EngineException.class, () -> backward(loss), part);
    }

    @Test
    void anomalyNamesTheFunctionThatMadeTheNaN() {
        AutogradFunction log =
                new LambdaFunction(
                        (ctx, in) -> {
                            ctx.saveForBackward(in.get(0));
                            return new NDList(in.get(0).abs().log());
                        },
                        (ctx, dy) -> {
                            NDArray x = ctx.saved(0);
                            return new NDList(x.div(x).div(x).mul(dy.get(0)));
                        },
                        "LogAbs",
                        "x");
        NDArray x = leaf(1, 0, 2);
        try (Autograd.Scope scope = Autograd.detectAnomaly()) {
            NDArray loss = TestFunctions.square().apply(log.apply(x.mul(1))).sum();
            assertFailsSaying(
                    EngineException.class,
                    () -> backward(loss),
                    "LogAbs.backward made NaN in the gradient of input 0 (x), from"
                            + " upstream gradients without NaN");
            // One of the engine's own: the derivative of the root at zero, times zero.
            NDArray root = x.sqrt().mul(0).sum();
            assertFailsSaying(EngineException.class, () -> backward(root), "SqrtBackward0");
        }
        backward(log.apply(x).sum()); // no longer looked at
        assertTrue(Double.isNaN(x.getGradient().getDouble(1)));
    }

    @Test
    void retainGradOfAnArrayOutsideTheGraph() {
        NDArray plain = manager.ones(new Shape(2));
        assertFailsSaying(
                IllegalArgumentException.class,
                () -> Autograd.retainGrad(plain),
                "retainGrad needs an array");
        assertFailsSaying(
                IllegalStateException.class,
                () -> Autograd.gradient(plain),
                "there is no gradient on");
    }
}
