/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.function.BiFunction;
import org.djlext.testing.LambdaFunction;

/** Small functions that several tests use. */
final class TestFunctions {

    private TestFunctions() {}

    /** A forward and a backward given as lambdas. */
    static AutogradFunction of(
            BiFunction<FunctionContext, NDList, NDList> forward,
            BiFunction<FunctionContext, NDList, NDList> backward) {
        return new LambdaFunction(forward, backward);
    }

    /** y = x^2 with its rule. */
    static AutogradFunction square() {
        return of(
                (ctx, in) -> {
                    ctx.saveForBackward(in.get(0));
                    return new NDList(in.get(0).mul(in.get(0)));
                },
                (ctx, dy) -> {
                    NDArray x = ctx.savedTensors().get(0);
                    return new NDList(dy.get(0).mul(x).mul(2));
                });
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

    /** y = x with a wrong rule: dL/dx = 7 dL/dy. */
    static AutogradFunction wrongBySeven() {
        return of((ctx, in) -> new NDList(in.get(0)), (ctx, dy) -> new NDList(dy.get(0).mul(7)));
    }

    /** x^3, whose backward is made of the engine's operations on a saved input. */
    static AutogradFunction cube() {
        return of(
                (ctx, in) -> {
                    ctx.saveForBackward(in.get(0));
                    return new NDList(in.get(0).mul(in.get(0)).mul(in.get(0)));
                },
                (ctx, dy) -> {
                    NDArray x = ctx.savedTensors().get(0);
                    return new NDList(dy.get(0).mul(x).mul(x).mul(3));
                });
    }
}
