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

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** grad, backward and hooks: what the engine can do and DJL does not show. */
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
        protected List<String> inputNames() {
            return List.of("x", "w", "b");
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
        assertValues(affine.apply(x, w), 7, 16, 27, 28, 40, 54);
        Autograd.backward(affine.apply(x, w).sum());
        assertValues(Autograd.gradient(w), 10, 14, 18);
        assertRefusedSaying(
                "takes arrays of the PyTorch engine, but input 1 (w) is null",
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
