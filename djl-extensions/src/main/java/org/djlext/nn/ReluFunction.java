/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Activation;
import java.util.List;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;

/**
 * Rectified linear unit, element by element.
 *
 * <pre>
 * y  = max(0, x)
 * dx = dy where x &gt; 0, else 0
 * </pre>
 *
 * <p>Derivation. Where x is positive y is x, with derivative 1; where it is negative y is constant.
 * At 0 there is no derivative; PyTorch takes 0, and so does this.
 *
 * <p>Input: x of any shape. Output: y of the same. NaN stays NaN and lets its gradient through, as
 * in PyTorch.
 */
public final class ReluFunction extends AutogradFunction {

    /** Creates the operation. */
    public ReluFunction() {}

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        NDArray x = inputs.get(0);
        ctx.saveForBackward(x);
        return new NDList(Activation.relu(x));
    }

    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        NDArray dy = gradOutputs.get(0);
        NDArray x = ctx.savedTensors().get(0);
        // Not a product with a mask: an infinite dy times 0 would be NaN.
        return new NDList(NDArrays.where(x.lte(0), dy.zerosLike(), dy));
    }

    @Override
    protected NDList jvp(FunctionContext ctx, NDList tangents) {
        return backward(ctx, tangents); // element by element, J is its own transpose
    }

    @Override
    protected NDList forwardByEngine(NDList inputs) {
        return new NDList(Activation.relu(inputs.get(0)));
    }

    @Override
    protected List<String> inputNames() {
        return List.of("x");
    }
}
