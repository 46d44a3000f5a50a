/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.djlext.testing.Failures.assertRefusedSaying;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import org.djlext.testing.RepeatThreads;
import org.junit.jupiter.api.Test;

/** Autograd.backward: what torch.autograd.backward stores on the leaves. */
class BackwardTest extends GraphTestBase {

    @Test
    void gradientsOfSeveralRootsAreAddedUp() {
        NDArray x = leaf(1, 2);
        NDArray w = leaf(3, 4);
        // d (sum x w + sum x^2)
        Autograd.backward(TestFunctions.square().apply(x).sum(), x.mul(w).sum());
        assertValues(Autograd.gradient(x), 5, 8);
        assertValues(Autograd.gradient(w), 1, 2);
        Autograd.backward(x.mul(w).sum());
        assertValues(Autograd.gradient(x), 8, 12);
        assertValues(Autograd.gradient(w), 2, 4);
    }

    @Test
    void upstreamGradientsAreGivenOrOne() {
        NDArray x = leaf(1, 2);
        NDArray y = x.square();
        NDList upstream = new NDList(manager.create(new double[] {10, 100}), null);
        Autograd.backward(new NDList(y, y.sum()), upstream, true, false, null);
        assertValues(Autograd.gradient(x), 22, 404);
    }

    @Test
    void onlyOfTheInputsThatAreNamed() {
        NDArray x = leaf(1, 2);
        NDArray w = leaf(3, 4);
        NDList loss = new NDList(x.mul(w).sum());
        NDList one = new NDList(manager.create(1.0));
        Autograd.backward(loss, one, true, false, new NDList(w));
        assertValues(Autograd.gradient(w), 1, 2);
        assertThrows(IllegalStateException.class, () -> Autograd.gradient(x));
    }

    @Test
    void storedGradientsCanBeDifferentiated() {
        NDArray x = leaf(2);
        NDList y = new NDList(TestFunctions.square().apply(x.square()));
        NDList one = new NDList(manager.create(new double[] {1}));
        Autograd.backward(y, one, false, true, null);
        NDArray dx = Autograd.gradient(x);
        assertValues(dx, 32); // 4 x^3
        assertValues(grad(dx, x), 48); // 12 x^2
        dx.close();
        Autograd.clearGradient(x);
        assertThrows(IllegalStateException.class, () -> Autograd.gradient(x));
    }

    @RepeatThreads
    void twoThreadsAtOnce() {
        Threads.run(
                2,
                t -> {
                    NDArray x = manager.create(new double[] {t});
                    x.setRequiresGradient(true);
                    for (int i = 0; i < 50; i++) {
                        Autograd.backward(TestFunctions.square().apply(x).sum());
                    }
                    assertValues(Autograd.gradient(x), 100 * t);
                });
    }

    @Test
    void wrongArguments() {
        NDArray x = leaf(1, 2);
        NDArray plain = manager.create(1.0);
        assertRefusedSaying(
                "takes scalars, but got an array of shape (2)", () -> Autograd.backward(x));
        assertRefusedSaying(
                "root 0, an array of shape (), was not", () -> Autograd.backward(plain));
        assertRefusedSaying("got 0 roots and 0 upstream gradients", Autograd::backward);
        NDList loss = new NDList(x.sum());
        assertRefusedSaying(
                "root 0 has () float64 and its upstream gradient (2) float64",
                () -> Autograd.backward(loss, new NDList(x), false, false, null));
        NDList one = new NDList(plain);
        assertRefusedSaying(
                "backward takes at least one input",
                () -> Autograd.backward(loss, one, false, false, new NDList()));
        assertRefusedSaying(
                "input 0, an array of shape (), does not",
                () -> Autograd.backward(loss, one, false, false, one));
    }

    /** y = x w + b, where b may be left out. */
    private static final class Affine extends AutogradFunction {
        @Override
        protected NDList forward(FunctionContext ctx, NDList inputs) {
            NDArray b = inputs.get(2);
            ctx.saveForBackward(inputs.get(0), inputs.get(1), b);
            NDArray product = inputs.get(0).mul(inputs.get(1));
            return new NDList(b == null ? product : product.add(b));
        }

        @Override
        protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
            NDList saved = ctx.savedTensors();
            NDArray dy = gradOutputs.get(0);
            assertEquals(saved.get(2) != null, ctx.needsInputGrad(2));
            NDArray db = saved.get(2) == null ? null : dy.mul(saved.get(2).onesLike());
            return new NDList(dy.mul(saved.get(1)), dy.mul(saved.get(0)), db);
        }

        @Override
        protected boolean isOptional(int input) {
            return input == 2;
        }

        @Override
        protected boolean sumsToInputShape() {
            return true;
        }
    }

    @Test
    void inputMayBeLeftOutAndGradientsAreSummedToItsShape() {
        NDArray x = manager.create(new double[] {1, 2, 3, 4, 5, 6}).reshape(2, 3);
        x.setRequiresGradient(true);
        NDArray w = leaf(7, 8, 9);
        NDArray b = leaf(10);
        Affine affine = new Affine();
        Autograd.backward(affine.apply(x, w, b).sum());
        assertValues(Autograd.gradient(x), 7, 8, 9, 7, 8, 9);
        assertValues(Autograd.gradient(w), 5, 7, 9);
        assertValues(Autograd.gradient(b), 6);
        assertValues(affine.apply(x, w, null), 7, 16, 27, 28, 40, 54);
        Autograd.backward(affine.apply(x, w, null).sum());
        assertValues(Autograd.gradient(w), 10, 14, 18);
        assertRefusedSaying(
                "takes arrays of the PyTorch engine, but input 1 is null",
                () -> affine.apply(x, null, b));
    }

    @Test
    void inputThatForwardChangesInPlaceIsRefused() {
        AutogradFunction f =
                TestFunctions.of((ctx, in) -> new NDList(in.get(0).muli(2)), (ctx, dy) -> dy);
        NDArray x = leaf(1, 2);
        NDArray h = x.mul(factor(1));
        assertFailsSaying(
                IllegalStateException.class,
                () -> f.apply(h),
                "LambdaFunction.forward changed input 0 in place");
        // Without a graph there is nothing to be wrong about.
        NDArray plain = manager.create(new double[] {1, 2});
        assertValues(f.apply(plain), 2, 4);
    }
}
