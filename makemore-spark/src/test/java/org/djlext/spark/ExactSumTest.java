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

class ExactSumTest {

    private static BigDecimal exact(double[] numbers) {
        return Arrays.stream(numbers)
                .mapToObj(BigDecimal::new)
                .reduce(BigDecimal.ZERO, BigDecimal::add);
    }

    private static ExactSum sum(double... numbers) {
        ExactSum sum = new ExactSum();
        Arrays.stream(numbers).forEach(sum::add);
        return sum;
    }

    /** Doubles of all sizes and both signs, against whole numbers of any size. */
    @Test
    void isTheDoubleNearestToTheSum() {
        Random random = new Random(1);
        for (int round = 0; round < 300; round++) {
            double[] numbers =
                    random.longs(1 + random.nextInt(40))
                            .mapToDouble(Double::longBitsToDouble)
                            .filter(Double::isFinite)
                            .toArray();
            assertEquals(exact(numbers).doubleValue(), sum(numbers).value());
        }
    }

    @Test
    void theSmallestAndTheLargestAreNotLost() {
        assertEquals(Double.MIN_VALUE, sum(1e308, Double.MIN_VALUE, -1e308).value());
        assertEquals(0, sum(Double.MAX_VALUE, 1e-3, -Double.MAX_VALUE, -1e-3).value());
        assertEquals(Double.POSITIVE_INFINITY, sum(Double.MAX_VALUE, Double.MAX_VALUE).value());
        assertEquals(
                Double.MAX_VALUE,
                sum(Double.MAX_VALUE, Double.MAX_VALUE, -Double.MAX_VALUE).value());
    }

    @Test
    void partsInAnyOrderGiveTheSameBitsWherePlainSumsDoNot() {
        double[] numbers = new Random(2).doubles(100_000, -30, 0).toArray();
        ExactSum whole = sum(numbers);
        ExactSum parts = sum();
        for (int from = 90_000; from >= 0; from -= 10_000) {
            parts.add(sum(Arrays.copyOfRange(numbers, from, from + 10_000)));
        }
        assertEquals(whole.value(), parts.value());
        assertEquals(exact(numbers).doubleValue(), whole.value());
        double plain = 0;
        for (double number : numbers) {
            plain += number;
        }
        assertNotEquals(whole.value(), plain);
    }

    @Test
    void refusesWhatHasNoSum() {
        assertThrows(IllegalArgumentException.class, () -> sum(Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> sum(Double.NEGATIVE_INFINITY));
    }
}
