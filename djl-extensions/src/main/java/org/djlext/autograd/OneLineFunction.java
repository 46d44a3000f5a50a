/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;

/** A function of one array, made of two lambdas. */
final class OneLineFunction extends AutogradFunction {

    private final String name;
    private final UnaryOperator<NDArray> forward;
    private final BinaryOperator<NDArray> backward;

    OneLineFunction(String name, UnaryOperator<NDArray> forward, BinaryOperator<NDArray> backward) {
        this.name = name;
        this.forward = forward;
        this.backward = backward;
    }

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        NDArray x = inputs.get(0);
        ctx.saveForBackward(x);
        return new NDList(forward.apply(x));
    }

    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        return new NDList(backward.apply(ctx.saved(0), gradOutputs.get(0)));
    }

    @Override
    protected String name() {
        return name;
    }

    @Override
    protected List<String> inputNames() {
        return List.of("x");
    }
}
