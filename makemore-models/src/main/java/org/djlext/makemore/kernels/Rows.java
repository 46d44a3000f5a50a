/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.kernels;

import ai.djl.ndarray.NDArray;
import java.nio.FloatBuffer;
import java.util.Arrays;

/** Matrices whose rows are arrays of their own. */
final class Rows {

    // Short rows that are no multiple of the vector length would be computed one by one.
    private static final int LANES = 8;

    private Rows() {}

    /** Returns zeros, (rows, columns), with rows padded to a multiple of eight. */
    static float[][] zeros(int rows, int columns) {
        return new float[rows][(columns + LANES - 1) / LANES * LANES];
    }

    /** Copies an array, (rows, columns) or (columns), into rows. */
    static void load(NDArray from, float[][] to) {
        float[] numbers = from.toFloatArray();
        int columns = numbers.length / to.length;
        for (int i = 0; i < to.length; i++) {
            System.arraycopy(numbers, i * columns, to[i], 0, columns);
        }
    }

    /** Copies rows into an array, (rows, columns) or (columns). */
    static void store(float[][] from, NDArray to) {
        int columns = (int) to.size() / from.length;
        FloatBuffer numbers = FloatBuffer.allocate((int) to.size());
        for (float[] row : from) {
            numbers.put(row, 0, columns);
        }
        to.set(numbers.flip());
    }

    /** Writes the first columns of the transpose. */
    static void transpose(float[][] from, float[][] to) {
        for (int i = 0; i < from.length; i++) {
            float[] row = from[i];
            for (int j = 0; j < to.length; j++) {
                to[j][i] = row[j];
            }
        }
    }

    /** Sets all numbers to zero. */
    static void clear(float[][] rows) {
        for (float[] row : rows) {
            Arrays.fill(row, 0);
        }
    }

    /** sum += scale times the sum of the rows. */
    static void addRows(float scale, float[][] rows, float[] sum) {
        for (float[] row : rows) {
            Products.addRow(scale, row, sum);
        }
    }
}
