/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture1;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.List;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;

/** The Legendre polynomial of degree 3 as an operation of DJL's engine: y = (5x^3 - 3x) / 2. */
final class LegendreP3 extends AutogradFunction {

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        NDArray x = inputs.get(0);
        ctx.saveForBackward(x);
        return new NDList(x.mul(x).mul(5).sub(3).mul(x).mul(0.5));
    }

    // dy/dx = (15x^2 - 3) / 2
    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        NDArray x = ctx.savedTensors().get(0);
        NDArray dy = gradOutputs.get(0);
        return new NDList(dy.mul(x.mul(x).mul(5).sub(1).mul(1.5)));
    }

    @Override
    protected List<String> inputNames() {
        return List.of("x");
    }
}
