/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;

/** Custom functions of {@link FuzzOp} that take more than a line. */
final class FuzzFunctions {

    /** What the backward of "fuse" throws on this thread. */
    static final ThreadLocal<RuntimeException> ARMED = new ThreadLocal<>();

    private FuzzFunctions() {}

    static NDArray twiceUnlessArmed(NDArray dy) {
        if (ARMED.get() != null) {
            throw ARMED.get();
        }
        return dy.add(dy);
    }

    /** The rule of x^3, which calls a custom function. */
    static NDArray cubeBySquares(NDArray x, NDArray dy) {
        NDArray square = TestFunctions.square().apply(x);
        return square.add(square).add(square).mul(dy);
    }

    /** The rule of the first row. */
    static NDArray aboveZeros(NDArray x, NDArray dy) {
        Shape rest = new Shape(x.getShape().get(0) - 1, x.getShape().get(1));
        return NDArrays.concat(new NDList(dy, dy.getManager().zeros(rest, dy.getDataType())));
    }

    /** sin x cos x; saves intermediates. */
    static AutogradFunction sinCos() {
        return TestFunctions.of(
                (ctx, in) -> {
                    NDArray s = in.get(0).sin();
                    NDArray c = in.get(0).cos();
                    ctx.saveForBackward(s, c);
                    return new NDList(s.mul(c));
                },
                (ctx, dy) -> {
                    NDArray s = ctx.saved(0);
                    NDArray c = ctx.saved(1);
                    return new NDList(dy.get(0).mul(c.mul(c).sub(s.mul(s))));
                });
    }

    /** a b with a rule that has nothing to say about b. */
    static AutogradFunction productOfAConstant() {
        return TestFunctions.once(
                (ctx, in) -> {
                    ctx.saveForBackward(in.get(1));
                    return new NDList(in.get(0).mul(in.get(1)));
                },
                (ctx, dy) -> new NDList(dy.get(0).mul(ctx.saved(0)), null));
    }

    /** x^2 with its largest number and the place of x's, which are not differentiable. */
    static AutogradFunction squareAndStatistics() {
        return TestFunctions.of(
                (ctx, in) -> {
                    NDArray y = in.get(0).mul(in.get(0));
                    NDArray largest = y.max();
                    ctx.markNonDifferentiable(largest);
                    ctx.saveForBackward(in.get(0));
                    return new NDList(y, largest, in.get(0).argMax());
                },
                (ctx, dy) -> {
                    assertNull(dy.get(1));
                    assertNull(dy.get(2));
                    NDArray x = ctx.saved(0);
                    return new NDList(dy.get(0).mul(x.add(x)));
                });
    }

    /** Rows by index; the index is an input of integers. */
    static AutogradFunction rows() {
        return TestFunctions.of(
                (ctx, in) -> {
                    ctx.saveForBackward(in.get(1));
                    ctx.setAttribute("rows", in.get(0).getShape().get(0));
                    return new NDList(in.get(0).get(in.get(1)));
                },
                (ctx, dy) -> {
                    int rows = ctx.getAttribute("rows", Long.class).intValue();
                    NDArray hot = ctx.saved(0).oneHot(rows, DataType.FLOAT64);
                    return new NDList(hot.transpose().matMul(dy.get(0)), null);
                });
    }

    /** 2 x, computed in Java, forward and backward. */
    static AutogradFunction twiceInJava() {
        return TestFunctions.once(FuzzFunctions::twice, FuzzFunctions::twice);
    }

    private static NDArray twice(NDArray x) {
        double[] values = Arrays.stream(x.toDoubleArray()).map(value -> 2 * value).toArray();
        return x.getManager().create(values, x.getShape());
    }

    /** sin x; backward runs a pass of its own through a custom function. */
    static AutogradFunction sineByAPass() {
        AutogradFunction sine = TestFunctions.of(x -> x.sin(), (x, dy) -> dy.mul(x.cos()));
        return TestFunctions.once(
                (ctx, in) -> {
                    ctx.saveForBackward(in.get(0));
                    return new NDList(in.get(0).sin());
                },
                (ctx, dy) -> {
                    NDArray x = ctx.saved(0).stopGradient();
                    x.setRequiresGradient(true);
                    try (Autograd.Scope scope = Autograd.enableGrad()) {
                        return new NDList(GraphTestBase.grad(sine.apply(x), x, dy.get(0), false));
                    }
                });
    }

    /** sin a b, where b is captured. */
    static NDList checkpoint(NDList in) {
        return Checkpoint.apply(
                a -> new NDList(a.get(0).mul(in.get(1)).sin()),
                new NDList(in.get(0)),
                new NDList(in.get(1)));
    }

    /** To float32 and back to float64. */
    static NDList thereAndBack(NDList in) {
        NDList there = cast(DataType.FLOAT32, DataType.FLOAT64).apply(in);
        return cast(DataType.FLOAT64, DataType.FLOAT32).apply(there);
    }

    private static AutogradFunction cast(DataType to, DataType back) {
        return TestFunctions.once(x -> x.toType(to, true), dy -> dy.toType(back, true));
    }
}
