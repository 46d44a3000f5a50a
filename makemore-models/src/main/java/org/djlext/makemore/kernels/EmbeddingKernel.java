/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.kernels;

import ai.djl.ndarray.NDArray;

/** An embedding: rows of a table C, side by side for all positions of an example. */
final class EmbeddingKernel {

    private final float[][] c;
    private final int positions;
    private final int features;

    /**
     * Makes a table of (V, features) for examples of so many positions; it is still to be loaded.
     */
    EmbeddingKernel(int vocabulary, int features, int positions) {
        c = Rows.zeros(vocabulary, features);
        this.positions = positions;
        this.features = features;
    }

    void load(NDArray table) {
        Rows.load(table, c);
    }

    void store(NDArray table) {
        Rows.store(c, table);
    }

    /**
     * embcat[i] = C[x[i, 0]], C[x[i, 1]], ...
     *
     * @param x indices, n T of them from a place on
     * @param from the place
     * @param embcat gets the result, (n, T features)
     */
    void forward(long[] x, int from, float[][] embcat) {
        int next = from;
        for (float[] row : embcat) {
            for (int t = 0; t < positions; t++) {
                System.arraycopy(c[(int) x[next++]], 0, row, t * features, features);
            }
        }
    }

    /** C -= lr dC: a row of C gets the sum over the places where its character stands. */
    void backward(long[] x, int from, float[][] dembcat, float lr) {
        int next = from;
        for (float[] d : dembcat) {
            for (int t = 0; t < positions; t++) {
                float[] row = c[(int) x[next++]];
                for (int j = 0; j < features; j++) {
                    row[j] -= lr * d[t * features + j];
                }
            }
        }
    }
}
