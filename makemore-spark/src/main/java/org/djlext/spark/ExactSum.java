/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

import java.io.Serializable;
import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * A sum of doubles that is rounded once, when it is read, and so does not depend on the order in
 * which partitions come.
 *
 * <p>The sum is a whole number of the smallest double, 2^-1074, in base 2^32: an addend touches
 * three digits. A digit has 64 bits, so that carries need to be passed on only after every 2^30
 * addends.
 */
public final class ExactSum implements Serializable {

    private static final long serialVersionUID = 1L;

    private static final int MANTISSA_BITS = 52;
    private static final int DIGIT_BITS = 32;
    private static final long DIGIT = (1L << DIGIT_BITS) - 1;
    // 2^1024 is 2^2098 times the smallest double; the rest holds the number of addends.
    private static final int DIGITS = (2098 + 64) / DIGIT_BITS + 1;
    private static final int ADDENDS_WITHOUT_CARRY = 1 << 30;

    private final long[] digits = new long[DIGITS];
    private int addends; // since carries were passed on

    /** Creates an empty sum, 0. */
    public ExactSum() {}

    /**
     * Adds a number.
     *
     * @param x a finite number
     * @return this sum
     */
    public ExactSum add(double x) {
        if (!Double.isFinite(x)) {
            throw new IllegalArgumentException("an exact sum takes finite numbers, but got " + x);
        }
        long bits = Double.doubleToRawLongBits(x);
        int exponent = (int) (bits >>> MANTISSA_BITS) & 0x7ff;
        long mantissa = bits & ((1L << MANTISSA_BITS) - 1);
        if (exponent > 0) {
            mantissa |= 1L << MANTISSA_BITS;
        }
        // x is mantissa * 2^place of the smallest double
        int place = Math.max(exponent, 1) - 1;
        int digit = place / DIGIT_BITS;
        int shift = place % DIGIT_BITS;
        long sign = x < 0 ? -1 : 1;
        long upper = mantissa >>> (DIGIT_BITS - shift); // all but the lowest digit
        digits[digit] += sign * ((mantissa << shift) & DIGIT);
        digits[digit + 1] += sign * (upper & DIGIT);
        digits[digit + 2] += sign * (upper >>> DIGIT_BITS);
        if (++addends == ADDENDS_WITHOUT_CARRY) {
            carry();
        }
        return this;
    }

    /**
     * Adds another sum.
     *
     * @param other the other, whose value stays
     * @return this sum
     */
    public ExactSum add(ExactSum other) {
        carry();
        other.carry();
        for (int i = 0; i < DIGITS; i++) {
            digits[i] += other.digits[i];
        }
        addends = 1;
        return this;
    }

    /** Leaves 32 bits in each digit but the last, which has the sign. */
    private void carry() {
        for (int i = 0; i < DIGITS - 1; i++) {
            digits[i + 1] += digits[i] >> DIGIT_BITS;
            digits[i] &= DIGIT;
        }
        addends = 0;
    }

    /**
     * Returns the double that is nearest to the sum.
     *
     * @return the sum, infinite if it is too large
     */
    public double value() {
        BigInteger sum = BigInteger.ZERO;
        for (int i = DIGITS - 1; i >= 0; i--) {
            sum = sum.shiftLeft(DIGIT_BITS).add(BigInteger.valueOf(digits[i]));
        }
        return new BigDecimal(sum).multiply(new BigDecimal(Double.MIN_VALUE)).doubleValue();
    }
}
