/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.function.BiFunction;
import java.util.function.BinaryOperator;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.djlext.testing.LambdaFunction;

/** Small functions that several tests use. */
final class TestFunctions {

    private TestFunctions() {}

    /** Hooks on saved tensors as lambdas. */
    record Packing<P>(
            Function<NDArray, P> packing,
            BiFunction<P, NDManager, NDArray> unpacking,
            Consumer<P> releasing)
            implements SavedTensorHooks<P> {

        Packing(Function<NDArray, P> packing, BiFunction<P, NDManager, NDArray> unpacking) {
            this(packing, unpacking, packed -> {});
        }

        @Override
        public P pack(NDArray array) {
            return packing.apply(array);
        }

        @Override
        public NDArray unpack(P packed, NDManager manager) {
            return unpacking.apply(packed, manager);
        }

        @Override
        public void release(P packed) {
            releasing.accept(packed);
        }
    }

    /** A forward and a backward given as lambdas. */
    static AutogradFunction of(
            BiFunction<FunctionContext, NDList, NDList> forward,
            BiFunction<FunctionContext, NDList, NDList> backward) {
        return new LambdaFunction(forward, backward);
    }

    /** A function that says it is not to be differentiated twice. */
    static AutogradFunction once(
            BiFunction<FunctionContext, NDList, NDList> forward,
            BiFunction<FunctionContext, NDList, NDList> backward) {
        return new LambdaFunction(forward, backward) {
            @Override
            protected boolean onceDifferentiable() {
                return true;
            }
        };
    }

    /** y = f(x), and dx by a rule of x, which is saved, and dy. */
    static AutogradFunction of(UnaryOperator<NDArray> f, BinaryOperator<NDArray> rule) {
        return of(
                (ctx, in) -> {
                    ctx.saveForBackward(in.get(0));
                    return new NDList(f.apply(in.get(0)));
                },
                (ctx, dy) -> new NDList(rule.apply(ctx.saved(0), dy.get(0))));
    }

    /** y = f(x), and dx by a rule of dy alone; nothing is saved. */
    static AutogradFunction linear(UnaryOperator<NDArray> f, UnaryOperator<NDArray> rule) {
        return of(
                (ctx, in) -> new NDList(f.apply(in.get(0))),
                (ctx, dy) -> new NDList(rule.apply(dy.get(0))));
    }

    /** The same, not to be differentiated twice. */
    static AutogradFunction once(UnaryOperator<NDArray> f, UnaryOperator<NDArray> rule) {
        return once(
                (ctx, in) -> new NDList(f.apply(in.get(0))),
                (ctx, dy) -> new NDList(rule.apply(dy.get(0))));
    }

    /** y = f(a, b), and both gradients by a rule of dy alone. */
    static AutogradFunction linear(BinaryOperator<NDArray> f, Function<NDArray, NDList> gradients) {
        return of(
                (ctx, in) -> new NDList(f.apply(in.get(0), in.get(1))),
                (ctx, dy) -> gradients.apply(dy.get(0)));
    }

    /** y = f(x), and dx by a rule of y, which is saved, and dy. */
    static AutogradFunction byOutput(UnaryOperator<NDArray> f, BinaryOperator<NDArray> rule) {
        return of(
                (ctx, in) -> {
                    NDArray y = f.apply(in.get(0));
                    ctx.saveForBackward(y);
                    return new NDList(y);
                },
                (ctx, dy) -> new NDList(rule.apply(ctx.saved(0), dy.get(0))));
    }

    /**
     * y = x^2 with its rule, which multiplies by no number: DJL keeps one in memory of Java's that
     * the graph does not hold.
     */
    static AutogradFunction square() {
        return of(x -> x.mul(x), (x, dy) -> dy.mul(x.add(x)));
    }

    /** y = a b, which saves both. */
    static AutogradFunction product() {
        return of(
                (ctx, in) -> {
                    ctx.saveForBackward(in.get(0), in.get(1));
                    return new NDList(in.get(0).mul(in.get(1)));
                },
                (ctx, dy) -> {
                    NDList saved = ctx.savedTensors();
                    return new NDList(
                            ctx.needsInputGrad(0) ? dy.get(0).mul(saved.get(1)) : null,
                            ctx.needsInputGrad(1) ? dy.get(0).mul(saved.get(0)) : null);
                });
    }

    /** (a, b) -> (a b, a + b), with a look at the upstream gradients, which may be null. */
    static AutogradFunction productAndSum(boolean materialize, Consumer<NDList> look) {
        return of(
                (ctx, in) -> {
                    ctx.setMaterializeGrads(materialize);
                    ctx.saveForBackward(in.get(0), in.get(1));
                    return new NDList(in.get(0).mul(in.get(1)), in.get(0).add(in.get(1)));
                },
                (ctx, dy) -> {
                    look.accept(dy);
                    NDArray p = dy.get(0);
                    NDArray q = dy.get(1);
                    if (p == null) {
                        return new NDList(q, q);
                    }
                    NDArray da = p.mul(ctx.saved(1));
                    NDArray db = p.mul(ctx.saved(0));
                    return q == null ? new NDList(da, db) : new NDList(da.add(q), db.add(q));
                });
    }

    static AutogradFunction matMul() {
        return of(
                (ctx, in) -> {
                    ctx.saveForBackward(in.get(0), in.get(1));
                    return new NDList(in.get(0).matMul(in.get(1)));
                },
                (ctx, dy) -> {
                    NDArray da = dy.get(0).matMul(ctx.saved(1).transpose());
                    return new NDList(da, ctx.saved(0).transpose().matMul(dy.get(0)));
                });
    }

    /** y = x^2, with a backward that throws. */
    static AutogradFunction failing(Throwable thrown) {
        return linear(x -> x.square(), dy -> throwing(thrown));
    }

    static NDArray throwing(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        throw (RuntimeException) thrown;
    }

    /** x^3, whose backward is made of the engine's operations on a saved input. */
    static AutogradFunction cube() {
        return of(x -> x.mul(x).mul(x), (x, dy) -> dy.mul(x).mul(x).mul(3));
    }
}
