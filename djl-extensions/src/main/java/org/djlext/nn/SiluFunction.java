/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;

/**
 * Sigmoid linear unit, element by element, also called swish: the activation of Llama.
 *
 * <pre>
 * y  = x s,   s = sigmoid(x)
 * dx = (s + y (1 - s)) dy
 * </pre>
 *
 * <p>Derivation. By the product rule, s + x ds/dx, with ds/dx = s (1 - s).
 *
 * <p>Input: x of any shape. Output: y of the same.
 *
 * @see <a href="https://arxiv.org/abs/1702.03118">Elfwing, Uchibe and Doya, 2017</a>
 */
public final class SiluFunction extends ElementwiseFunction {

    /** Creates the operation. */
    public SiluFunction() {
        super(false);
    }

    @Override
    NDArray forward(NDArray x) {
        return Activation.sigmoid(x).mul(x);
    }

    @Override
    NDArray backward(NDArray x, NDArray dy) {
        NDArray s = Activation.sigmoid(x);
        NDArray y = x.mul(s);
        return s.add(y.mul(s.neg().add(1))).mul(dy);
    }
}
