/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.kernels;

/**
 * Products of matrices, as sums of rows times numbers: four rows at a time, so that a sum is read
 * and written once for four products.
 */
final class Products {

    private Products() {}

    /** out += a b, with a (n, k or more), b (k, m), out (n, m). */
    static void add(float[][] a, float[][] b, float[][] out) {
        int count = b.length;
        for (int i = 0; i < out.length; i++) {
            float[] ai = a[i];
            float[] sum = out[i];
            int k = 0;
            for (; k + 3 < count; k += 4) {
                addRows(
                        ai[k], b[k], ai[k + 1], b[k + 1], ai[k + 2], b[k + 2], ai[k + 3], b[k + 3],
                        sum);
            }
            for (; k < count; k++) {
                addRow(ai[k], b[k], sum);
            }
        }
    }

    /** out += scale aᵀ b, with a (k, n or more), b (k, m), out (n, m). */
    static void addTransposed(float scale, float[][] a, float[][] b, float[][] out) {
        int count = b.length;
        for (int i = 0; i < out.length; i++) {
            float[] sum = out[i];
            int k = 0;
            for (; k + 3 < count; k += 4) {
                addRows(
                        scale * a[k][i],
                        b[k],
                        scale * a[k + 1][i],
                        b[k + 1],
                        scale * a[k + 2][i],
                        b[k + 2],
                        scale * a[k + 3][i],
                        b[k + 3],
                        sum);
            }
            for (; k < count; k++) {
                addRow(scale * a[k][i], b[k], sum);
            }
        }
    }

    private static void addRows(
            float p0,
            float[] b0,
            float p1,
            float[] b1,
            float p2,
            float[] b2,
            float p3,
            float[] b3,
            float[] sum) {
        for (int j = 0; j < sum.length; j++) {
            sum[j] += (p0 * b0[j] + p1 * b1[j]) + (p2 * b2[j] + p3 * b3[j]);
        }
    }

    static void addRow(float p, float[] b, float[] sum) {
        for (int j = 0; j < sum.length; j++) {
            sum[j] += p * b[j];
        }
    }
}
