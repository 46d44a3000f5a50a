/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.testing;

import ai.djl.ndarray.NDList;
import java.util.function.BiFunction;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;

/** A forward and a backward given as lambdas. */
public class LambdaFunction extends AutogradFunction {

    private final BiFunction<FunctionContext, NDList, NDList> forward;
    private final BiFunction<FunctionContext, NDList, NDList> backward;

    /** Takes both. */
    public LambdaFunction(
            BiFunction<FunctionContext, NDList, NDList> forward,
            BiFunction<FunctionContext, NDList, NDList> backward) {
        this.forward = forward;
        this.backward = backward;
    }

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        return forward.apply(ctx, inputs);
    }

    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        return backward.apply(ctx, gradOutputs);
    }
}
