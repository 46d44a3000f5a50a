/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.kernels;

/**
 * The hyperbolic tangent as a quotient of polynomials, x p(x^2) / q(x^2), which vector instructions
 * can compute; {@link Math#tanh} would take many times as long.
 *
 * <p>p and q, of degree four each, are fitted by least squares with weights that make the largest
 * relative error on (0, 8) small: it is 7e-9. Rounding to float32 makes 4e-7 of it. Where |x| is
 * larger than 8 the result is that of 8, which is off by 3e-7.
 */
final class TanhKernel {

    private static final float LIMIT = 8;

    private static final float P1 = 0.1344449f;
    private static final float P2 = 0.0035715888f;
    private static final float P3 = 2.18945e-5f;
    private static final float P4 = 1.5230178e-8f;
    private static final float Q1 = 0.46777818f;
    private static final float Q2 = 0.026164407f;
    private static final float Q3 = 3.4112766e-4f;
    private static final float Q4 = 8.5223525e-7f;

    private TanhKernel() {}

    /** Puts h = tanh(x) in the place of x. */
    static void forward(float[][] x) {
        for (float[] row : x) {
            tanh(row);
        }
    }

    private static void tanh(float[] x) {
        for (int j = 0; j < x.length; j++) {
            float v = Math.max(-LIMIT, Math.min(LIMIT, x[j]));
            float s = v * v;
            float p = 1 + s * (P1 + s * (P2 + s * (P3 + s * P4)));
            float q = 1 + s * (Q1 + s * (Q2 + s * (Q3 + s * Q4)));
            x[j] = v * p / q;
        }
    }

    /** Puts dx = (1 - h^2) dh in the place of dh. */
    static void backward(float[][] h, float[][] dh) {
        for (int i = 0; i < h.length; i++) {
            multiplyBySlope(h[i], dh[i]);
        }
    }

    private static void multiplyBySlope(float[] h, float[] d) {
        for (int j = 0; j < d.length; j++) {
            d[j] -= h[j] * h[j] * d[j];
        }
    }
}
