/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;

/**
 * The logistic sigmoid, element by element.
 *
 * <pre>
 * s  = sigmoid(x) = 1 / (1 + e^-x)
 * dx = s (1 - s) ds
 * </pre>
 *
 * <p>Derivation. ds/dx = e^-x / (1 + e^-x)^2 = s e^-x / (1 + e^-x), and the second factor is 1 - s.
 * So s is all that backward needs.
 *
 * <p>Input: x of any shape. Output: s of the same.
 */
public final class SigmoidFunction extends ElementwiseFunction {

    /** Creates the operation. */
    public SigmoidFunction() {
        super(true);
    }

    @Override
    NDArray forward(NDArray x) {
        return Activation.sigmoid(x);
    }

    @Override
    NDArray backward(NDArray s, NDArray ds) {
        // Not s - s^2: where s is near 1, 1 - s is exact and s^2 is not.
        return s.neg().add(1).mul(s).mul(ds);
    }
}
