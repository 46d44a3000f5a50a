/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.SparseFormat;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** Functions and hooks that do what they must not. */
@SuppressWarnings("NullAway") // null is among it
final class RuleMisuses extends Misuses {

    RuleMisuses(NDArray leaf) {
        super(leaf);
        addRules();
        addForwards();
        addHooks();
        addChanges();
    }

    private void rule(String said, Rule rule) {
        failure(said, () -> GraphTestBase.backward(scale(rule).apply(x, gamma).square().sum()));
    }

    private void rule(String said, UnaryOperator<NDArray> dx) {
        rule(said, (ctx, dy) -> new NDList(dx.apply(dy), null));
    }

    private void addRules() {
        rule(
                "Scale.backward returned 1 gradient for 2 inputs (x, gamma); return one for each,"
                        + " in order, and null for an input that has none",
                (ctx, dy) -> new NDList(dy));
        rule(
                "Scale.backward returned 0 gradients for 2 inputs (x, gamma)",
                (ctx, dy) -> new NDList());
        rule("Scale.backward returned null for 2 inputs (x, gamma)", (ctx, dy) -> null);
        rule(
                "Scale.backward: the gradient of input 1 (gamma) must have shape (1), but has (2)",
                (ctx, dy) -> new NDList(dy, dy));
        String must = "the gradient of input 0 (x) must have ";
        rule(must + "shape (2), but has (2, 1)", dy -> dy.reshape(2, 1));
        rule(must + "shape (2), but has ()", dy -> dy.sum());
        rule(must + "type float64, but has float32", dy -> dy.toType(DataType.FLOAT32, true));
        rule(must + "type float64, but has int64", dy -> dy.toType(DataType.INT64, true));
        rule("the gradient of input 0 (x)", dy -> dy.toSparse(SparseFormat.COO));
        rule("but got an array of strings", dy -> dy.getManager().create("abc"));
        rule(
                "Scale.backward: the gradient of input 1 (gamma) is closed; return an open array",
                (ctx, dy) -> {
                    NDList right = correct(ctx, dy);
                    right.get(1).close();
                    return right;
                });
        rule(
                "Scale.backward: the gradient of input 0 (x) is closed",
                dy -> {
                    dy.close();
                    return dy;
                });
        rule(
                "Scale.backward changed an upstream gradient in place, which others use too;"
                        + " change a copy instead",
                dy -> dy.muli(dy));
        rule(
                "Scale.backward threw java.lang.IllegalArgumentException: no rule for größe 3 (at"
                        + " LambdaFunction.java:",
                dy -> {
                    throw new IllegalArgumentException("no rule for größe 3");
                });
        rule(
                "mat1 and mat2 shapes cannot be multiplied",
                dy -> dy.reshape(1, 2).matMul(dy.reshape(1, 2)));
        rule(
                "Scale: no attribute \"eps\"",
                (ctx, dy) -> new NDList(dy.mul(ctx.getAttribute("eps", Float.class))));
        rule(
                "Scale has inputs 0 to 1, but was asked for 2",
                (ctx, dy) -> new NDList(ctx.needsInputGrad(2) ? dy : null));
    }

    private void forward(String said, Class<? extends Exception> type, Rule forward) {
        AutogradFunction f =
                TestFunctions.of((ctx, in) -> forward.apply(ctx, in.get(0)), (ctx, dy) -> dy);
        refused(type, said, () -> f.apply(x));
    }

    private void addForwards() {
        Class<? extends Exception> argument = IllegalArgumentException.class;
        Class<? extends Exception> state = IllegalStateException.class;
        forward(
                "x must be positive",
                argument,
                (ctx, in) -> {
                    ctx.saveForBackward(in, in.exp());
                    throw new IllegalArgumentException("x must be positive");
                });
        String output = "LambdaFunction.forward must return ";
        forward(output + "at least one output, but returned none", state, (c, in) -> new NDList());
        forward(output, state, (ctx, in) -> null);
        forward(output, state, (ctx, in) -> new NDList(Arrays.asList(in, null)));
        forward(
                output
                        + "arrays of numbers of the PyTorch engine, but output 0 is an array of strings",
                state,
                (ctx, in) -> new NDList(in.getManager().create("abc")));
        forward(
                "LambdaFunction has gradients for dense arrays, but output 0 is COO",
                argument,
                (ctx, in) -> new NDList(in.toSparse(SparseFormat.COO)));
        forward(
                "released already",
                state,
                (ctx, in) -> {
                    NDArray square = in.mul(in);
                    square.close();
                    return new NDList(square);
                });
        forward(
                "LambdaFunction: savedTensors is for backward, not for forward",
                state,
                (ctx, in) -> {
                    ctx.saveForBackward(in);
                    return ctx.savedTensors();
                });
        forward(
                "LambdaFunction: attribute \"mask\" is an array, which would be closed before"
                        + " backward; give it to saveForBackward",
                argument,
                (ctx, in) -> {
                    ctx.setAttribute("mask", in.gt(0));
                    return new NDList(in);
                });
        forward(
                "LambdaFunction has inputs 0 to 0, but was asked for 7",
                argument,
                (ctx, in) -> new NDList(ctx.needsInputGrad(7) ? in : null));
    }

    private void hook(String said, NDArray on, UnaryOperator<NDArray> hook) {
        failure(
                said,
                () -> {
                    try (Autograd.Scope scope = Autograd.onGradient(on, hook)) {
                        GraphTestBase.grad(y, x);
                    }
                });
    }

    private void addHooks() {
        NDArray closed = manager.create(new double[] {1, 2});
        closed.close();
        String must = "an array of shape (2) must return a gradient of shape (2), but returned";
        hook(must, y, g -> g.sum());
        hook(must, x, g -> g.sum());
        hook("closed", y, g -> closed);
        hook("dense", y, g -> g.toSparse(SparseFormat.COO));
        hook("dense", x, g -> g.toSparse(SparseFormat.COO));
        hook("float32", x, g -> g.toType(DataType.FLOAT32, true));
        hook(
                "threw java.lang.IllegalStateException: no",
                x,
                g -> {
                    throw new IllegalStateException("no");
                });
    }

    /** Gives what a function makes of an intermediate that is changed afterwards. */
    private void change(String said, AutogradFunction f, UnaryOperator<NDArray> change) {
        failure(
                said,
                () -> {
                    NDArray h = x.add(x);
                    NDArray z = f.apply(h, gamma);
                    try (Autograd.Scope scope = Autograd.noGrad()) {
                        NDArray changed = change.apply(h);
                        changed.addi(changed);
                    }
                    GraphTestBase.grad(z, x);
                });
    }

    private void addChanges() {
        AutogradFunction scale = scale(Misuses::correct);
        String said = "Scale: saved tensor 0 of shape (2) was changed in place between forward and";
        change(said + " backward", scale, h -> h);
        change(said, scale, h -> h.reshape(1, 2));
        change(said, scale, h -> h.get("0:1"));
        failure(
                "saved tensor 0",
                () -> {
                    NDArray exp =
                            TestFunctions.byOutput(NDArray::exp, (e, de) -> de.mul(e)).apply(x);
                    exp.muli(gamma.stopGradient());
                    GraphTestBase.backward(exp.sum());
                });
        for (NDArray freed : List.of(TestFunctions.square().apply(x).sum(), x.square().sum())) {
            Autograd.grad(new NDList(freed), new NDList(x));
            failure("second time", () -> GraphTestBase.grad(freed, x));
        }
    }
}
