/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Sums that plain doubles get wrong, against what Python's math.fsum gives. */
class ExactSumAggregatorTest {

    private static final ExactSumAggregator SUM = new ExactSumAggregator();

    private static BigDecimal part(double... numbers) {
        BigDecimal sum = SUM.zero();
        for (double number : numbers) {
            sum = SUM.reduce(sum, number);
        }
        return sum;
    }

    private static double sum(double... numbers) {
        return SUM.finish(part(numbers));
    }

    @Test
    void nothingIsLost() {
        double[] tenths = new double[10];
        Arrays.fill(tenths, 0.1);
        assertEquals(1, sum(tenths));
        assertEquals(2, sum(1, 1e100, 1, -1e100));
        assertEquals(Double.MIN_VALUE, sum(1e308, Double.MIN_VALUE, -1e308));
        assertEquals(0, sum(Double.MAX_VALUE, 1e-3, -Double.MAX_VALUE, -1e-3));
        assertEquals(Double.POSITIVE_INFINITY, sum(Double.MAX_VALUE, Double.MAX_VALUE));
        assertEquals(Double.MAX_VALUE, sum(Double.MAX_VALUE, Double.MAX_VALUE, -Double.MAX_VALUE));
    }

    @Test
    void partsInAnyOrderGiveTheSameBitsWherePlainSumsDoNot() {
        double[] numbers = new Random(2).doubles(100_000, -30, 0).toArray();
        double whole = sum(numbers);
        BigDecimal parts = SUM.zero();
        for (int from = 90_000; from >= 0; from -= 10_000) {
            parts = SUM.merge(parts, part(Arrays.copyOfRange(numbers, from, from + 10_000)));
        }
        assertEquals(whole, SUM.finish(parts));
        double plain = 0;
        for (double number : numbers) {
            plain += number;
        }
        assertNotEquals(whole, plain);
        assertEquals(whole, plain, 1e-5);
    }

    @Test
    void nullIsLeftOutAndWhatHasNoSumRefused() {
        assertEquals(1, SUM.finish(SUM.reduce(part(1), null)));
        assertThrows(IllegalArgumentException.class, () -> sum(Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> sum(Double.NEGATIVE_INFINITY));
    }
}
