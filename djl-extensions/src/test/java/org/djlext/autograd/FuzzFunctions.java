/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * The custom functions of {@link FuzzOp}. No rule multiplies by a number: DJL keeps that in memory
 * of Java's that the graph does not hold.
 */
final class FuzzFunctions {

    private static final String SHAPE = "shape";

    /** What {@link #fuse} throws in backward on this thread. */
    static final ThreadLocal<RuntimeException> ARMED = new ThreadLocal<>();

    private FuzzFunctions() {}

    static AutogradFunction sine() {
        return TestFunctions.of(x -> x.sin(), (x, dy) -> dy.mul(x.cos()));
    }

    static AutogradFunction tanh() {
        return TestFunctions.byOutput(NDArray::tanh, (y, dy) -> dy.sub(dy.mul(y).mul(y)));
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

    static AutogradFunction flat() {
        return TestFunctions.of(
                (ctx, in) -> {
                    ctx.setAttribute(SHAPE, in.get(0).getShape());
                    return new NDList(in.get(0).reshape(1, in.get(0).size()));
                },
                (ctx, dy) -> new NDList(dy.get(0).reshape(ctx.getAttribute(SHAPE, Shape.class))));
    }

    static AutogradFunction transpose() {
        return TestFunctions.linear(x -> x.transpose(), dy -> dy.transpose());
    }

    /** The first row, a view. */
    static AutogradFunction firstRow() {
        return TestFunctions.of(
                (ctx, in) -> {
                    ctx.setAttribute(SHAPE, in.get(0).getShape());
                    return new NDList(in.get(0).get(new NDIndex("0:1")));
                },
                (ctx, dy) -> {
                    Shape shape = ctx.getAttribute(SHAPE, Shape.class);
                    NDArray rest = zeros(dy.get(0), new Shape(shape.get(0) - 1, shape.get(1)));
                    return new NDList(NDArrays.concat(new NDList(dy.get(0), rest)));
                });
    }

    private static NDArray zeros(NDArray like, Shape shape) {
        return like.getManager().zeros(shape, like.getDataType());
    }

    /** a b with a rule that has nothing to say about b. */
    static AutogradFunction productOfAConstant() {
        return TestFunctions.once(
                (ctx, in) -> {
                    ctx.saveForBackward(in.get(1));
                    return new NDList(in.get(0).mul(in.get(1)));
                },
                (ctx, dy) -> new NDList(dy.get(0).mul(ctx.savedTensors().get(0)), null));
    }

    static AutogradFunction sum() {
        return TestFunctions.linear((a, b) -> a.add(b), dy -> new NDList(dy, dy));
    }

    static AutogradFunction difference() {
        return TestFunctions.of(
                (ctx, in) -> {
                    ctx.setMaterializeGrads(false);
                    return new NDList(in.get(0).sub(in.get(1)));
                },
                (ctx, dy) -> {
                    NDArray d = dy.get(0);
                    return d == null ? new NDList(null, null) : new NDList(d, d.neg());
                });
    }

    static AutogradFunction matMul() {
        return TestFunctions.of(
                (ctx, in) -> {
                    ctx.saveForBackward(in.get(0), in.get(1));
                    return new NDList(in.get(0).matMul(in.get(1)));
                },
                (ctx, dy) -> {
                    NDArray d = dy.get(0);
                    return new NDList(
                            d.matMul(ctx.saved(1).transpose()), ctx.saved(0).transpose().matMul(d));
                });
    }

    /** 2 x, with a backward that throws when it was told to. */
    static AutogradFunction fuse() {
        return TestFunctions.linear(
                x -> x.add(x),
                dy -> {
                    if (ARMED.get() != null) {
                        throw ARMED.get();
                    }
                    return dy.add(dy);
                });
    }

    /** (a, b) -> (a b, a + b); null or zeros for the output that is not used. */
    static AutogradFunction productAndSum(boolean materialize) {
        return TestFunctions.of(
                (ctx, in) -> {
                    ctx.setMaterializeGrads(materialize);
                    ctx.saveForBackward(in.get(0), in.get(1));
                    return new NDList(in.get(0).mul(in.get(1)), in.get(0).add(in.get(1)));
                },
                (ctx, dy) -> {
                    NDList s = ctx.savedTensors();
                    NDArray p = dy.get(0);
                    NDArray q = dy.get(1);
                    if (p == null) {
                        return new NDList(q, q);
                    }
                    NDArray da = p.mul(s.get(1));
                    NDArray db = p.mul(s.get(0));
                    return q == null ? new NDList(da, db) : new NDList(da.add(q), db.add(q));
                });
    }

    /** 2 x in two parts that are views of one array. */
    static AutogradFunction parts() {
        return TestFunctions.of(
                (ctx, in) -> {
                    NDArray h = in.get(0).add(in.get(0));
                    return new NDList(h.get(new NDIndex("0:1")), h.get(new NDIndex("1:")));
                },
                (ctx, dy) -> {
                    NDArray d = NDArrays.concat(new NDList(dy.get(0), dy.get(1)));
                    return new NDList(d.add(d));
                });
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
                    NDArray x = ctx.savedTensors().get(0);
                    return new NDList(dy.get(0).mul(x.add(x)));
                });
    }

    /** Rows by index; the index is an input of integers. */
    static AutogradFunction rows() {
        return TestFunctions.of(
                (ctx, in) -> {
                    ctx.saveForBackward(in.get(1));
                    ctx.setAttribute(SHAPE, in.get(0).getShape());
                    return new NDList(in.get(0).get(in.get(1)));
                },
                (ctx, dy) -> {
                    int rows = (int) ctx.getAttribute(SHAPE, Shape.class).get(0);
                    NDArray hot = ctx.savedTensors().get(0).oneHot(rows, DataType.FLOAT64);
                    return new NDList(hot.transpose().matMul(dy.get(0)), null);
                });
    }

    /** The sum of squares. */
    static AutogradFunction squareSum() {
        return TestFunctions.of(x -> x.mul(x).sum().reshape(1, 1), (x, dy) -> x.add(x).mul(dy));
    }

    /** 2 x, computed in Java, forward and backward. */
    static AutogradFunction twiceInJava() {
        return TestFunctions.once(x -> twice(x), dy -> twice(dy));
    }

    private static NDArray twice(NDArray x) {
        double[] values = x.toDoubleArray();
        for (int i = 0; i < values.length; i++) {
            values[i] *= 2;
        }
        return x.getManager().create(values, x.getShape());
    }

    /** x^3; backward calls a custom function. */
    static AutogradFunction cube() {
        return TestFunctions.of(
                x -> x.mul(x).mul(x),
                (x, dy) -> {
                    NDArray square = TestFunctions.square().apply(x);
                    return square.add(square).add(square).mul(dy);
                });
    }

    /** sin x; backward runs a pass of its own through a custom function. */
    static AutogradFunction sineByAPass() {
        return TestFunctions.once(
                (ctx, in) -> {
                    ctx.saveForBackward(in.get(0));
                    return new NDList(in.get(0).sin());
                },
                (ctx, dy) -> {
                    NDArray x = ctx.saved(0).stopGradient();
                    x.setRequiresGradient(true);
                    try (Autograd.Scope scope = Autograd.enableGrad()) {
                        NDArray y = sine().apply(x);
                        return new NDList(GraphTestBase.grad(y, x, dy.get(0), false));
                    }
                });
    }

    /** To float32 or to float64. */
    static AutogradFunction cast(DataType to, DataType back) {
        return TestFunctions.once(x -> x.toType(to, true), dy -> dy.toType(back, true));
    }
}
