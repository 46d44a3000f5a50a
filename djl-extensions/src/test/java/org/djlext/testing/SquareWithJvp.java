/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.testing;

import ai.djl.ndarray.NDList;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;

/** y = x^2 with a forward mode that is wrong by a factor, which tells that it is used. */
public final class SquareWithJvp extends AutogradFunction {

    private final double factor;
    private int backwards;

    /** Takes the factor; 1 is right. */
    public SquareWithJvp(double factor) {
        this.factor = factor;
    }

    /** Returns how often backward has run. */
    public int backwards() {
        return backwards;
    }

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        ctx.saveForBackward(inputs.get(0));
        return new NDList(inputs.get(0).square());
    }

    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        backwards++;
        return new NDList(gradOutputs.get(0).mul(ctx.saved(0)).mul(2));
    }

    @Override
    protected NDList jvp(FunctionContext ctx, NDList tangents) {
        return new NDList(tangents.get(0).mul(ctx.saved(0)).mul(2 * factor));
    }
}
