/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.Test;

/** Nobody else's storage is written to, whatever a function returns. */
class FunctionStorageTest extends FunctionTestBase {

    @Test
    void identityAndViewOfAnInputLeaveTheInputAlone() {
        AutogradFunction view =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0), in.get(0).reshape(6)),
                        (ctx, dy) -> new NDList(dy.get(0).add(dy.get(1).reshape(2, 3))));
        assertSameGradient(
                random(new Shape(2, 3), DataType.FLOAT64),
                x -> {
                    NDArray before = x.square(); // saves x, and checks that nothing writes to it
                    NDList y = view.apply(new NDList(x));
                    return y.get(0).sin().sum().add(y.get(1).cos().sum()).add(before.sum());
                },
                x -> x.sin().sum().add(x.cos().sum()).add(x.square().sum()));
    }

    /**
     * Two backward passes, each with a graph of its own, add up: nobody else's storage is written
     * to.
     */
    private void assertTwoPassesAddUp(AutogradFunction f, NDArray a, NDArray b, double... da) {
        NDArray c = manager.create(new double[] {1, 2});
        double[] aBefore = a.toDoubleArray();
        double[] bBefore = b.toDoubleArray();
        a.setRequiresGradient(true);
        b.setRequiresGradient(true);
        for (int pass = 1; pass <= 2; pass++) {
            backward(f.apply(a, b).mul(c).sum());
            double[] want = {pass * da[0], pass * da[1]};
            assertArrayEquals(want, a.getGradient().toDoubleArray(), "pass " + pass);
            assertArrayEquals(want, b.getGradient().flatten().toDoubleArray(), "pass " + pass);
        }
        assertArrayEquals(aBefore, a.toDoubleArray());
        assertArrayEquals(bBefore, b.toDoubleArray());
    }

    @Test
    void ruleThatReturnsItsUpstreamTwice() {
        AutogradFunction add =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0).add(in.get(1))),
                        (ctx, dy) -> new NDList(dy.get(0), dy.get(0)));
        NDArray a = manager.create(new double[] {5, 6});
        assertTwoPassesAddUp(add, a, a.duplicate(), 1, 2);
    }

    @Test
    void ruleThatReturnsAViewOfItsUpstream() {
        AutogradFunction add =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0).add(in.get(1).reshape(2))),
                        (ctx, dy) -> new NDList(dy.get(0), dy.get(0).reshape(2, 1)));
        NDArray b = manager.create(new double[] {7, 8}, new Shape(2, 1));
        assertTwoPassesAddUp(add, manager.create(new double[] {5, 6}), b, 1, 2);
    }

    @Test
    void ruleThatReturnsOneNewArrayTwice() {
        AutogradFunction add =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0).add(in.get(1)).mul(3)),
                        (ctx, dy) -> {
                            NDArray d = dy.get(0).mul(3);
                            return new NDList(d, d);
                        });
        NDArray a = manager.create(new double[] {5, 6});
        assertTwoPassesAddUp(add, a, a.duplicate(), 3, 6);
    }

    @Test
    void ruleThatReturnsASavedTensorOrAnArrayOfItsOwn() {
        NDArray constant = manager.create(new double[] {3, 4});
        // Wrong as rules, but they show whether saved tensors and the user's arrays stay what they
        // are.
        AutogradFunction f =
                TestFunctions.of(
                        (ctx, in) -> {
                            ctx.saveForBackward(in.get(1));
                            return new NDList(in.get(0).mul(in.get(1)));
                        },
                        (ctx, dy) -> new NDList(ctx.savedTensors().get(0), constant));
        NDArray a = manager.create(new double[] {5, 6});
        assertTwoPassesAddUp(f, a, constant.duplicate(), 3, 4);
        assertValues(constant, 3, 4);
    }
}
