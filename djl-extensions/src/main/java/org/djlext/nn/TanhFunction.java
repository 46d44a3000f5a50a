/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;

/**
 * Hyperbolic tangent, element by element.
 *
 * <pre>
 * h  = tanh(x) = (e^2x - 1) / (e^2x + 1)
 * dx = (1 - h^2) dh
 * </pre>
 *
 * <p>Derivation. With u = e^2x and du/dx = 2u, dh/dx = 2u ((u + 1) - (u - 1)) / (u + 1)^2 = 4u / (u
 * + 1)^2, and that is 1 - ((u - 1) / (u + 1))^2.
 *
 * <p>As in the lecture, h is kept, and not x.
 *
 * <p>Input: x of any shape. Output: h of the same.
 */
public final class TanhFunction extends ElementwiseFunction {

    /** Creates the operation. */
    public TanhFunction() {
        super(true);
    }

    @Override
    NDArray forward(NDArray x) {
        return x.tanh();
    }

    @Override
    NDArray backward(NDArray h, NDArray dh) {
        return dh.sub(h.square().muli(dh));
    }

    @Override
    protected NDList forwardByEngine(NDList inputs) {
        return new NDList(inputs.get(0).tanh());
    }
}
