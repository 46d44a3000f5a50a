/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.kernels;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;

/**
 * Batch norm with the unbiased variance, y = gamma xhat + beta; see {@link
 * org.djlext.nn.BatchNormFunction} for the derivation.
 */
final class BatchNormKernel {

    private final float[][] gamma;
    private final float[][] beta;
    private final float[][] xhat;
    private final float[] mean;
    private final float[] invstd;
    private final float[] dgamma;
    private final float[] dbeta;
    private final double eps;

    /** Makes a layer for n rows, at least 2, whose parameters are still to be loaded. */
    BatchNormKernel(int n, int features, double eps) {
        gamma = Rows.zeros(1, features);
        beta = Rows.zeros(1, features);
        xhat = Rows.zeros(n, features);
        int padded = gamma[0].length;
        mean = new float[padded];
        invstd = new float[padded];
        dgamma = new float[padded];
        dbeta = new float[padded];
        this.eps = eps;
    }

    void load(NDArray gain, NDArray bias) {
        Rows.load(gain, gamma);
        Rows.load(bias, beta);
    }

    void store(NDArray gain, NDArray bias) {
        Rows.store(gamma, gain);
        Rows.store(beta, bias);
    }

    /** Puts y in the place of x, (n, features). */
    void forward(float[][] x) {
        int n = x.length;
        Arrays.fill(mean, 0);
        Rows.addRows(1f / n, x, mean);
        // First the sums of the squared differences from the mean
        Arrays.fill(invstd, 0);
        for (float[] row : x) {
            addSquares(row, mean, invstd);
        }
        for (int j = 0; j < invstd.length; j++) {
            invstd[j] = (float) (1 / Math.sqrt(invstd[j] / (n - 1) + eps));
        }
        for (int i = 0; i < n; i++) {
            normalize(x[i], mean, invstd, xhat[i]);
            scale(xhat[i], gamma[0], beta[0], x[i]);
        }
    }

    private static void addSquares(float[] x, float[] mean, float[] squares) {
        for (int j = 0; j < squares.length; j++) {
            squares[j] += (x[j] - mean[j]) * (x[j] - mean[j]);
        }
    }

    private static void normalize(float[] x, float[] mean, float[] invstd, float[] xhat) {
        for (int j = 0; j < xhat.length; j++) {
            xhat[j] = (x[j] - mean[j]) * invstd[j];
        }
    }

    private static void scale(float[] xhat, float[] gamma, float[] beta, float[] y) {
        for (int j = 0; j < y.length; j++) {
            y[j] = gamma[j] * xhat[j] + beta[j];
        }
    }

    /**
     * Puts dx in the place of dy, and takes lr dgamma and lr dbeta from the parameters.
     *
     * <p>dx = gamma invstd (dy - dbeta / n - xhat dgamma / (n - 1)), where dgamma is the sum of dy
     * xhat over the rows, and dbeta that of dy.
     */
    void backward(float[][] dy, float lr) {
        int n = dy.length;
        Arrays.fill(dbeta, 0);
        Arrays.fill(dgamma, 0);
        Rows.addRows(1, dy, dbeta);
        for (int i = 0; i < n; i++) {
            addProducts(dy[i], xhat[i], dgamma);
        }
        // The columns' constants, in the places of what is not needed any more
        for (int j = 0; j < invstd.length; j++) {
            invstd[j] *= gamma[0][j];
            mean[j] = dgamma[j] / (n - 1);
        }
        for (int i = 0; i < n; i++) {
            gradient(xhat[i], invstd, mean, dbeta, 1f / n, dy[i]);
        }
        Products.addRow(-lr, dgamma, gamma[0]);
        Products.addRow(-lr, dbeta, beta[0]);
    }

    private static void addProducts(float[] dy, float[] xhat, float[] sum) {
        for (int j = 0; j < sum.length; j++) {
            sum[j] += dy[j] * xhat[j];
        }
    }

    private static void gradient(
            float[] xhat, float[] factor, float[] slope, float[] dbeta, float nInv, float[] d) {
        for (int j = 0; j < d.length; j++) {
            d[j] = factor[j] * (d[j] - nInv * dbeta[j] - slope[j] * xhat[j]);
        }
    }
}
