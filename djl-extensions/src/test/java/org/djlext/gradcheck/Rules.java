/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.function.BiFunction;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;
import org.djlext.testing.LambdaFunction;

/** Functions with right and with wrong rules, to be told apart. */
final class Rules {

    private Rules() {}

    /** A function of named inputs. */
    static AutogradFunction of(
            BiFunction<FunctionContext, NDList, NDList> forward,
            BiFunction<FunctionContext, NDList, NDList> backward,
            String... names) {
        return new LambdaFunction(forward, backward, "Rule", names);
    }

    /** What a rule does with the upstream gradient and the saved inputs. */
    interface Rule {
        NDList apply(NDArray dy, NDList saved);
    }

    /** y = x^2; the rule gets x. */
    static AutogradFunction square(Rule rule) {
        return of(
                (ctx, in) -> {
                    ctx.saveForBackward(in.get(0));
                    return new NDList(in.get(0).mul(in.get(0)));
                },
                (ctx, dy) -> rule.apply(dy.get(0), ctx.savedTensors()),
                "x");
    }

    /** y = a b, element by element; the rule gets a and b. */
    static AutogradFunction product(Rule rule) {
        return of(
                (ctx, in) -> {
                    ctx.saveForBackward(in.get(0), in.get(1));
                    return new NDList(in.get(0).mul(in.get(1)));
                },
                (ctx, dy) -> rule.apply(dy.get(0), ctx.savedTensors()),
                "a",
                "b");
    }

    /** y = x W^T + b of shapes (N, I), (O, I), (O); the rule gets x and W. */
    static AutogradFunction linear(Rule rule) {
        return of(
                (ctx, in) -> {
                    ctx.saveForBackward(in.get(0), in.get(1));
                    return new NDList(in.get(0).matMul(in.get(1).transpose()).add(in.get(2)));
                },
                (ctx, dy) -> rule.apply(dy.get(0), ctx.savedTensors()),
                "x",
                "weight",
                "bias");
    }

    /** dx = dy 2x. */
    static NDList squareRule(NDArray dy, NDList saved) {
        return new NDList(dy.mul(saved.get(0)).mul(2));
    }

    /** da = dy b, db = dy a. */
    static NDList productRule(NDArray dy, NDList saved) {
        return new NDList(dy.mul(saved.get(1)), dy.mul(saved.get(0)));
    }

    /** dx = dy W, dW = dy^T x, db = sum of dy over the batch. */
    static NDList linearRule(NDArray dy, NDList saved) {
        return new NDList(
                dy.matMul(saved.get(1)),
                dy.transpose().matMul(saved.get(0)),
                dy.sum(new int[] {0}));
    }
}
