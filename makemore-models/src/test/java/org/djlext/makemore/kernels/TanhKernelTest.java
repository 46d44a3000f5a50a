/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class TanhKernelTest {

    private static float tanh(float x) {
        float[][] rows = {{x}};
        TanhKernel.forward(rows);
        return rows[0][0];
    }

    @Test
    void isNeverOffByMuch() {
        double worst = 0;
        for (float x = -12; x <= 12; x += 1e-4f) {
            worst = Math.max(worst, Math.abs(Math.tanh(x) - tanh(x)));
        }
        assertEquals(0, worst, 5e-7);
    }

    @Test
    void smallNumbersAreTheirOwn() {
        for (float x : new float[] {0, -0f, 1e-3f, -1e-6f, 1e-20f, Float.MIN_VALUE}) {
            assertEquals(Math.tanh(x), tanh(x), 1e-6 * Math.abs(x));
        }
    }

    @Test
    void infinityIsOneAndNoNumberStaysNone() {
        assertEquals(1, tanh(Float.POSITIVE_INFINITY), 5e-7f);
        assertEquals(-1, tanh(-Float.MAX_VALUE), 5e-7f);
        assertEquals(Float.NaN, tanh(Float.NaN));
    }
}
