/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import org.djlext.nn.EmbeddingFunction;
import org.junit.jupiter.api.Test;

/** What backward computes with is recorded: nothing on the way cuts the second derivative off. */
class CutGraphsTest extends GraphTestBase {

    /** The derivative of sum(g) + sum(x^2), with g the gradient of sum(f(x)). */
    private NDArray second(AutogradFunction f, NDArray x) {
        NDArray g = grad(f.apply(x).sum(), x, true);
        return grad(g.sum().add(x.square().sum()), x);
    }

    @Test
    void constantThatBackwardMakesInJava() {
        AutogradFunction square =
                TestFunctions.of(
                        x -> x.square(),
                        (x, dy) -> {
                            NDArray two = x.getManager().create(new double[] {2, 2});
                            return dy.mul(x).mul(two);
                        });
        assertValues(second(square, leaf(1, 2)), 4, 6);
    }

    @Test
    void numberThatBackwardMultipliesBy() {
        // g is 3 x^2, so this is 6 x + 2 x.
        assertValues(second(TestFunctions.cube(), leaf(1, 2)), 8, 16);
    }

    @Test
    void hookThatMultipliesByAConstantMadeInJava() {
        NDArray x = leaf(1, 2);
        NDArray h = x.square();
        Autograd.onGradient(h, g -> g.mul(manager.create(new double[] {3, 3})));
        NDArray dx = grad(h.sum(), x, true);
        assertValues(dx, 6, 12);
        assertValues(grad(dx.sum(), x), 6, 6);
    }

    @Test
    void gradientThatIsReturnedForTwoInputs() {
        AutogradFunction add =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0).add(in.get(1))),
                        (ctx, dy) -> new NDList(dy.get(0), dy.get(0)));
        NDArray x = leaf(1, 2);
        // (x + x)^2 has the derivative 8 x, and that has 8.
        NDArray g = grad(add.apply(x, x).square().sum(), x, true);
        assertValues(g, 8, 16);
        assertValues(grad(g.sum(), x), 8, 8);
    }

    @Test
    void embeddingInHalfPrecision() {
        NDArray table =
                manager.create(new float[] {1, 2, 3, 4})
                        .reshape(2, 2)
                        .toType(DataType.FLOAT16, true);
        table.setRequiresGradient(true);
        NDArray index = manager.create(new long[] {1, 0});
        NDArray y = new EmbeddingFunction().apply(index, table);
        // The sum of cubes: 3 w^2, and 6 w.
        NDArray g = grad(y.mul(y).mul(y).sum(), table, true);
        assertEquals(DataType.FLOAT16, g.getDataType());
        assertHalf(g, 3, 12, 27, 48);
        assertHalf(grad(g.sum(), table), 6, 12, 18, 24);
    }

    private static void assertHalf(NDArray array, double... want) {
        assertValues(array.stopGradient().toType(DataType.FLOAT64, true), want);
    }
}
