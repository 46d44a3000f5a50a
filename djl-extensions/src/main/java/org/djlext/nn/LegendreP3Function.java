/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;

/**
 * The Legendre polynomial of degree 3, element by element: the example with which lecture 1 ends,
 * where it shows how PyTorch is taught an operation that it does not know.
 *
 * <pre>
 * y  = 1/2 (5 x^3 - 3 x)
 * dx = 3/2 (5 x^2 - 1) dy
 * </pre>
 *
 * <p>Derivation. Term by term: 1/2 (15 x^2 - 3), and 3/2 taken out.
 *
 * <p>Input: x of any shape. Output: y of the same.
 */
public final class LegendreP3Function extends ElementwiseFunction {

    /** Creates the operation. */
    public LegendreP3Function() {
        super(false);
    }

    @Override
    NDArray forward(NDArray x) {
        return x.square().muli(2.5).subi(1.5).muli(x); // x (5/2 x^2 - 3/2)
    }

    @Override
    NDArray backward(NDArray x, NDArray dy) {
        return dy.mul(x.square().mul(7.5).sub(1.5));
    }
}
