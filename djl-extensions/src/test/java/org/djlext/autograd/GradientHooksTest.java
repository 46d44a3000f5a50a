/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Hooks on the gradient of an array, which for what a custom function returns come before its
 * backward, as for the engine's own; {@link FuzzOp} has one in every kind of pass.
 */
class GradientHooksTest extends GraphTestBase {

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
        backward(h.square().sum().add(h.sum()));
        assertEquals(1, seen.size());
        assertArrayEquals(new double[] {7, 13}, seen.get(0));
        assertGradient(x, 210, 390);
    }

    @Test
    void hooksRunInTheOrderInWhichTheyWereAddedUntilTheyAreRemoved() {
        NDArray x = leaf(3);
        NDArray y = square(x);
        Autograd.Scope ten = times(y, 10);
        Autograd.Scope one = Autograd.onGradient(y, g -> g.add(1));
        Autograd.Scope two = times(y, 2);
        assertValues(grad(y, x), 6 * (10 + 1) * 2);
        ten.close();
        assertValues(grad(y, x), 6 * (1 + 1) * 2);
        times(y, 100);
        one.close();
        assertValues(grad(y, x), 6 * 2 * 100);
        two.close();
        two.close();
        assertValues(grad(y, x), 6 * 100);
    }

    @Test
    void hookThatRemovesItself() {
        NDArray x = leaf(3);
        NDArray y = square(x);
        NDArray ten = factor(10);
        Autograd.Scope[] hook = new Autograd.Scope[1];
        hook[0] =
                Autograd.onGradient(
                        y,
                        g -> {
                            hook[0].close();
                            return g.mul(ten);
                        });
        assertValues(grad(y, x), 60);
        assertValues(grad(y, x), 6);
    }

    @Test
    void retainedGradientIsTheOneAfterTheHooks() {
        // The engine's rule: what is retained is seen last, whenever it was asked for.
        NDArray x = leaf(3);
        NDArray y = square(x);
        times(y, 10);
        Autograd.retainGrad(y);
        NDArray z = square(x);
        Autograd.retainGrad(z);
        times(z, 100);
        NDList loss = new NDList(y.add(z).sum());
        for (int passes = 1; passes <= 2; passes++) {
            Autograd.backward(loss, new NDList(factor(1)), true, false, null);
            assertGradient(y, 10 * passes);
            assertGradient(z, 100 * passes);
            assertGradient(x, 660 * passes);
        }
    }

    @Test
    void gradientByTheOutputItselfIsTheOneAfterTheHooks() {
        NDArray x = leaf(3);
        NDArray y = square(x);
        times(y, 10);
        NDArray two = factor(2);
        assertValues(grad(y.mul(two), y), 20);
        // The engine's own: what is on the way to another input is taken before the hooks.
        NDArray engines = x.square();
        times(engines, 10);
        NDList got = Autograd.grad(new NDList(y.mul(two).sum()), new NDList(y, x));
        NDList want = Autograd.grad(new NDList(engines.mul(two).sum()), new NDList(engines, x));
        assertValues(got.get(0), want.get(0).toDoubleArray());
        assertValues(got.get(1), 120);
    }

    @Test
    void hookOnOneOfTwoOutputs() {
        NDArray a = leaf(3);
        NDArray b = leaf(5);
        NDList y = TestFunctions.productAndSum(true, dy -> {}).apply(new NDList(a, b));
        times(y.get(0), 10);
        backward(y.get(0).add(y.get(1)).sum());
        assertGradient(a, 51);
        assertGradient(b, 31);
    }

    @Test
    void hookOnAReturnedInputIsNotOneOnTheInput() {
        NDArray x = leaf(3);
        NDArray h = x.mul(factor(1));
        NDArray y = identity().apply(h);
        times(y, 10);
        // One through y, and one around it.
        assertValues(grad(y.add(h), x), 11);
    }
}
