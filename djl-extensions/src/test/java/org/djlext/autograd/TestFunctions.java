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

    /** y = x with a wrong rule: dL/dx = 7 dL/dy. */
    static AutogradFunction wrongBySeven() {
        return of((ctx, in) -> new NDList(in.get(0)), (ctx, dy) -> new NDList(dy.get(0).mul(7)));
    }
}
