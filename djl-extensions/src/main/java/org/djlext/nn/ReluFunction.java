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
public final class ReluFunction extends ElementwiseFunction {

    /** Creates the operation. */
    public ReluFunction() {
        super(false);
    }

    @Override
    NDArray forward(NDArray x) {
        return Activation.relu(x);
    }

    @Override
    NDArray backward(NDArray x, NDArray dy) {
        // Not a product with a mask: an infinite dy times 0 would be NaN.
        return NDArrays.where(x.lte(0), dy.zerosLike(), dy);
    }

    @Override
    protected NDList forwardByEngine(NDList inputs) {
        return new NDList(Activation.relu(inputs.get(0)));
    }
}
