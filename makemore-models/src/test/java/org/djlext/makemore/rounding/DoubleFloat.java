/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.rounding;

/**
 * A number of about 48 bits, as the sum of two floats.
 *
 * <p>Each method is a fixed sequence of float operations, so results are the same on every machine.
 *
 * @param high the number, rounded to a float
 * @param low what is missing, much smaller than high
 * @see <a href="https://doi.org/10.1007/BF01397083">Dekker, 1971</a>
 */
record DoubleFloat(float high, float low) {

    static DoubleFloat sum(float a, float b) {
        float sum = a + b;
        float part = sum - a;
        return new DoubleFloat(sum, (a - (sum - part)) + (b - part));
    }

    DoubleFloat plus(float other) {
        DoubleFloat sum = sum(high, other);
        return new DoubleFloat(sum.high, sum.low + low);
    }

    DoubleFloat plus(DoubleFloat other) {
        DoubleFloat sum = sum(high, other.high);
        return new DoubleFloat(sum.high, sum.low + (low + other.low));
    }

    /** The sum, in fewer operations than {@link #plus}; the other number must be the smaller. */
    DoubleFloat plusSmaller(DoubleFloat other) {
        float sum = high + other.high;
        return new DoubleFloat(sum, high - sum + other.high + low + other.low);
    }

    DoubleFloat times(float other) {
        float product = high * other;
        float rest = Math.fma(high, other, -product);
        return new DoubleFloat(product, Math.fma(low, other, rest));
    }

    DoubleFloat times(DoubleFloat other) {
        float product = high * other.high;
        float rest = Math.fma(low, other.high, Math.fma(high, other.high, -product));
        return new DoubleFloat(product, Math.fma(high, other.low, rest));
    }

    DoubleFloat squared() {
        float square = high * high;
        return new DoubleFloat(square, Math.fma(high + high, low, Math.fma(high, high, -square)));
    }

    DoubleFloat dividedBy(DoubleFloat other) {
        float inverse = 1 / other.high;
        float quotient = high * inverse;
        float rest = Math.fma(low, inverse, Math.fma(inverse, high, -quotient));
        return new DoubleFloat(quotient, Math.fma(quotient, other.error(inverse), rest));
    }

    DoubleFloat inverse() {
        float inverse = 1 / high;
        return new DoubleFloat(inverse, inverse * error(inverse));
    }

    /** Computes 1 - this * inverse. */
    private float error(float inverse) {
        return Math.fma(-low, inverse, Math.fma(-high, inverse, 1));
    }

    DoubleFloat negated() {
        return new DoubleFloat(-high, -low);
    }

    /** This times a power of two, which rounds nothing. */
    DoubleFloat scaled(int exponent) {
        return new DoubleFloat(Math.scalb(high, exponent), Math.scalb(low, exponent));
    }

    float toFloat() {
        return high + low;
    }
}
