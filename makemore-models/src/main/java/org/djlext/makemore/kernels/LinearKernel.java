/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.kernels;

import ai.djl.ndarray.NDArray;

/**
 * A linear layer, y = x w + b.
 *
 * <p>The weight is there twice, as it is and transposed, because forward and the gradient of x both
 * want rows to add. The one with the longer rows is updated, and copied to the other.
 */
final class LinearKernel {

    private final float[][] w;
    private final float[][] transposed;
    private final float[][] b;

    /** Makes a layer of (in, out), whose weights are still to be loaded. */
    LinearKernel(int in, int out) {
        w = Rows.zeros(in, out);
        transposed = Rows.zeros(out, in);
        b = Rows.zeros(1, out);
    }

    void load(NDArray weight, NDArray bias) {
        Rows.load(weight, w);
        Rows.transpose(w, transposed);
        Rows.load(bias, b);
    }

    void store(NDArray weight, NDArray bias) {
        Rows.store(w, weight);
        Rows.store(b, bias);
    }

    /** y = x w + b, with x (n, in), y (n, out). */
    void forward(float[][] x, float[][] y) {
        for (float[] row : y) {
            System.arraycopy(b[0], 0, row, 0, row.length);
        }
        Products.add(x, w, y);
    }

    /** dx = dy wᵀ, w -= lr xᵀ dy, b -= lr times the sum of the rows of dy. */
    void backward(float[][] x, float[][] dy, float[][] dx, float lr) {
        Rows.clear(dx);
        Products.add(dy, transposed, dx);
        if (w[0].length >= transposed[0].length) {
            Products.addTransposed(-lr, x, dy, w);
            Rows.transpose(w, transposed);
        } else {
            Products.addTransposed(-lr, dy, x, transposed);
            Rows.transpose(transposed, w);
        }
        Rows.addRows(-lr, dy, b[0]);
    }
}
