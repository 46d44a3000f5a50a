/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import org.djlext.testing.LambdaFunction;
import org.junit.jupiter.api.Test;

/** grad and backward: what the engine can do and DJL does not show. */
class AutogradTest extends GraphTestBase {

    @Test
    void gradStoresNothing() {
        NDArray x = leaf(1, 2, 3);
        NDArray h = x.mul(2);
        NDArray loss = TestFunctions.cube().apply(h).sum();
        NDList gradients = Autograd.grad(new NDList(loss), new NDList(x, h));
        assertValues(gradients.get(0), 24, 96, 216);
        assertValues(gradients.get(1), 12, 48, 108);
        assertNoGradient(x);
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
    void inputWithoutAPartHasNoGradientIfThatIsAllowed() {
        NDArray x = leaf(1, 2);
        NDList y = new NDList(x.square().sum());
        NDList one = new NDList(manager.create(1.0));
        NDList gradients = Autograd.grad(y, new NDList(x, leaf(5)), one, true, false, true);
        assertValues(gradients.get(0), 2, 4);
        assertNull(gradients.get(1));
    }

    @Test
    void gradientsOfSeveralRootsAreAddedUp() {
        NDArray x = leaf(1, 2);
        NDArray w = leaf(3, 4);
        // d (sum x w + sum x^2)
        Autograd.backward(square(x).sum(), x.mul(w).sum());
        assertGradient(x, 5, 8);
        assertGradient(w, 1, 2);
        Autograd.backward(x.mul(w).sum());
        assertGradient(x, 8, 12);
        assertGradient(w, 2, 4);
    }

    @Test
    void upstreamGradientsAreGivenOrOne() {
        NDArray x = leaf(1, 2);
        NDArray y = x.square();
        NDList upstream = new NDList(manager.create(new double[] {10, 100}), null);
        Autograd.backward(new NDList(y, y.sum()), upstream, true, false, null);
        assertGradient(x, 22, 404);
    }

    @Test
    void onlyOfTheInputsThatAreNamed() {
        NDArray x = leaf(1, 2);
        NDArray w = leaf(3, 4);
        NDList loss = new NDList(x.mul(w).sum());
        NDList one = new NDList(manager.create(1.0));
        Autograd.backward(loss, one, true, false, new NDList(w));
        assertGradient(w, 1, 2);
        assertNoGradient(x);
    }

    @Test
    void storedGradientsCanBeDifferentiated() {
        NDArray x = leaf(2);
        NDList y = new NDList(square(x.square()));
        NDList one = new NDList(manager.create(new double[] {1}));
        Autograd.backward(y, one, false, true, null);
        NDArray dx = Autograd.gradient(x);
        assertValues(dx, 32); // 4 x^3
        assertValues(grad(dx, x), 48); // 12 x^2
        dx.close();
        Autograd.clearGradient(x);
        assertNoGradient(x);
    }

    /** y = x w + b, where b may be left out. */
    private static AutogradFunction affine() {
        return new LambdaFunction(
                (ctx, in) -> {
                    NDArray b = in.get(2);
                    ctx.saveForBackward(in.get(0), in.get(1), b);
                    NDArray product = in.get(0).mul(in.get(1));
                    return new NDList(b == null ? product : product.add(b));
                },
                (ctx, dy) -> {
                    NDArray b = ctx.saved(2);
                    assertEquals(b != null, ctx.needsInputGrad(2));
                    NDArray dx = dy.get(0).mul(ctx.saved(1));
                    NDArray db = b == null ? null : dy.get(0).mul(b.onesLike());
                    return new NDList(dx, dy.get(0).mul(ctx.saved(0)), db);
                },
                "Affine",
                "x",
                "w",
                "b") {
            @Override
            protected boolean isOptional(int input) {
                return input == 2;
            }

            @Override
            protected boolean sumsToInputShape() {
                return true;
            }
        };
    }

    @Test
    void inputMayBeLeftOutAndGradientsAreSummedToItsShape() {
        NDArray x = manager.create(new double[][] {{1, 2, 3}, {4, 5, 6}});
        x.setRequiresGradient(true);
        NDArray w = leaf(7, 8, 9);
        NDArray b = leaf(10);
        Autograd.backward(affine().apply(x, w, b).sum());
        assertGradient(x, 7, 8, 9, 7, 8, 9);
        assertGradient(w, 5, 7, 9);
        assertGradient(b, 6);
        assertValues(affine().apply(x, w, null), 7, 16, 27, 28, 40, 54);
        NDArray y = affine().apply(x, w);
        assertValues(y, 7, 16, 27, 28, 40, 54);
        Autograd.backward(y.sum());
        assertGradient(w, 10, 14, 18);
    }

    @Test
    void inputThatForwardChangesInPlaceIsRefused() {
        AutogradFunction f = TestFunctions.linear(x -> x.muli(2), dy -> dy);
        NDArray h = leaf(1, 2).mul(factor(1));
        assertFailsSaying(
                IllegalStateException.class,
                () -> f.apply(h),
                "LambdaFunction.forward changed input 0 in place");
        // Without a graph there is nothing to be wrong about.
        assertValues(f.apply(manager.create(new double[] {1, 2})), 2, 4);
    }
}
