/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.djlext.makemore.data.MakemoreException;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;

/** Temperature, top-k and top-p of logits whose softmax is easily worked out by hand. */
class DistributionTest extends ArrayTest {

    private static final double[] P = {0.125, 0.5, 0.0625, 0.25, 0.0625}; // sums are exact

    /** Of a row that is not looked at, and the logarithms of P, which softmax takes back to P. */
    private Distribution of(SamplerSettings settings) {
        double[] logits = new double[2 * P.length];
        for (int i = 0; i < P.length; i++) {
            logits[P.length + i] = Math.log(P[i]) + 3;
        }
        return new Distribution(
                manager.create(logits, new Shape(2, P.length)).toType(DataType.FLOAT32, false),
                settings);
    }

    private void assertIs(SamplerSettings settings, double... want) {
        float[] got = of(settings).of(1);
        float[] expected = new float[want.length];
        for (int i = 0; i < want.length; i++) {
            expected[i] = (float) want[i];
        }
        assertArrayEquals(expected, got, 1e-6f);
    }

    private static SamplerSettings plain() {
        return SamplerSettings.PLAIN;
    }

    @Test
    void softmaxTakesTheLogarithmsBack() {
        assertIs(plain(), P);
    }

    @Test
    void temperatureIsAPower() {
        // The squares are 1/64, 1/4, 1/256, 1/16, 1/256; together 86/256.
        assertIs(plain().temperature(0.5), 4 / 86.0, 64 / 86.0, 1 / 86.0, 16 / 86.0, 1 / 86.0);
        // The roots of 1/8 and 1/2 are s/4 and s/2 for s the root of 2, the others 1/4, 1/2, 1/4.
        double s = Math.sqrt(2);
        double sum = s / 4 + s / 2 + 1;
        assertIs(
                plain().temperature(2),
                s / 4 / sum,
                s / 2 / sum,
                0.25 / sum,
                0.5 / sum,
                0.25 / sum);
    }

    @Test
    void temperatureZeroTakesTheLikeliest() {
        assertIs(plain().temperature(0), 0, 1, 0, 0, 0);
        // The first of equals, as argmax.
        assertArrayEquals(new float[] {1, 0, 0, 0, 0}, of(plain().temperature(0)).of(0));
    }

    @Test
    void topKKeepsTheLikeliest() {
        assertIs(plain().topK(1), 0, 1, 0, 0, 0);
        assertIs(plain().topK(2), 0, 2 / 3.0, 0, 1 / 3.0, 0);
        assertIs(plain().topK(3), 1 / 7.0, 4 / 7.0, 0, 2 / 7.0, 0);
        assertIs(plain().topK(4), P); // two are equal at the end of the four
        assertIs(plain().topK(99), P);
    }

    /** The smallest set whose sum reaches p: the one that reaches it is in it. */
    @Test
    void topPKeepsTheSmallestSetThatReachesIt() {
        assertIs(plain().topP(1e-9), 0, 1, 0, 0, 0);
        assertIs(plain().topP(0.499), 0, 1, 0, 0, 0);
        assertIs(plain().topP(0.501), 0, 2 / 3.0, 0, 1 / 3.0, 0);
        assertIs(plain().topP(0.749), 0, 2 / 3.0, 0, 1 / 3.0, 0);
        assertIs(plain().topP(0.751), 1 / 7.0, 4 / 7.0, 0, 2 / 7.0, 0);
        assertIs(plain().topP(0.999), P);
        assertIs(plain().topP(1), P);
    }

    /** Top-p is of what temperature and top-k leave. */
    @Test
    void oneAfterTheOther() {
        // Of 1/7, 4/7, 2/7 two are needed to reach 0.6, of the plain ones too; to reach 0.8 all.
        assertIs(plain().topK(3).topP(0.8), 0, 2 / 3.0, 0, 1 / 3.0, 0);
        // Of the squares 64/86 alone reaches 0.7.
        assertIs(plain().temperature(0.5).topP(0.7), 0, 1, 0, 0, 0);
    }

    @Test
    void drawsAreTheInverseOfTheSums() {
        Distribution all = of(plain());
        assertEquals(0, all.draw(1, 0));
        assertEquals(0, all.draw(1, 0.1249));
        assertEquals(1, all.draw(1, 0.1251));
        assertEquals(1, all.draw(1, 0.6249));
        assertEquals(2, all.draw(1, 0.6251));
        assertEquals(3, all.draw(1, 0.6876));
        assertEquals(4, all.draw(1, Math.nextDown(1.0)));
        assertEquals(3, of(plain().topK(2)).draw(1, Math.nextDown(1.0)));
    }

    @Test
    void infiniteLogitsAreRefusedHoweverTheyAreDrawnFrom() {
        for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
            for (double temperature : new double[] {0, 1}) {
                assertThrows(
                        MakemoreException.class,
                        () ->
                                new Distribution(
                                        manager.create(new double[] {0, bad}, new Shape(1, 2)),
                                        plain().temperature(temperature)));
            }
        }
    }
}
