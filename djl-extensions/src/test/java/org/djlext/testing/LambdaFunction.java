/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.testing;

import ai.djl.ndarray.NDList;
import java.util.List;
import java.util.function.BiFunction;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;
import org.jspecify.annotations.Nullable;

/** A forward and a backward given as lambdas. */
public class LambdaFunction extends AutogradFunction {

    private final BiFunction<FunctionContext, NDList, NDList> forward;
    private final BiFunction<FunctionContext, NDList, NDList> backward;
    private final @Nullable String name;
    private final List<String> inputNames;

    /** Takes both; its name is that of this class. */
    public LambdaFunction(
            BiFunction<FunctionContext, NDList, NDList> forward,
            BiFunction<FunctionContext, NDList, NDList> backward) {
        this(forward, backward, null);
    }

    /** Takes names too. */
    public LambdaFunction(
            BiFunction<FunctionContext, NDList, NDList> forward,
            BiFunction<FunctionContext, NDList, NDList> backward,
            @Nullable String name,
            String... inputNames) {
        this.forward = forward;
        this.backward = backward;
        this.name = name;
        this.inputNames = List.of(inputNames);
    }

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        return forward.apply(ctx, inputs);
    }

    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        return backward.apply(ctx, gradOutputs);
    }

    @Override
    protected String name() {
        return name == null ? super.name() : name;
    }

    @Override
    protected List<String> inputNames() {
        return inputNames;
    }
}
