/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.rounding;

/**
 * Float functions that round as those of the SLEEF library do, in its variants with an error of at
 * most 1 ulp and fused multiply-add.
 *
 * <p>The engine's own functions are as precise, but come from another library where it has one, and
 * then differ by 1 ulp in one value of a hundred. The steps and the coefficients are SLEEF's.
 *
 * @see <a href="https://arxiv.org/abs/2001.09258">Shibata and Petrogalli, 2020</a>
 */
@SuppressWarnings("FloatingPointLiteralPrecision") // the decimals of the published constants
final class SleefMath {

    private static final float INVERSE_LN2 = 1.44269504f;

    // ln 2 in parts: multiples of the first by small integers are exact.
    private static final float LN2_HIGH = 0.693145751953125f;
    private static final float LN2_LOW = 1.428606765330187e-06f;
    private static final DoubleFloat LN2 = new DoubleFloat(0.6931471824646f, -1.904654323148e-09f);

    private static final float EXP_UNDERFLOW = -104;
    private static final float TANH_IS_ONE = 8.664339742f;

    private SleefMath() {}

    /** Computes tanh. */
    static float tanh(float x) {
        float magnitude = Math.abs(x);
        if (magnitude > TANH_IS_ONE) {
            return Math.copySign(1, x);
        }
        DoubleFloat exp = preciseExp(magnitude);
        DoubleFloat inverse = exp.inverse();
        DoubleFloat tanh = exp.plusSmaller(inverse.negated()).dividedBy(exp.plusSmaller(inverse));
        return Math.copySign(tanh.toFloat(), x);
    }

    /**
     * Computes exp(x).
     *
     * @param x at most 88, so that the result is finite
     */
    static float exp(float x) {
        if (x < EXP_UNDERFLOW) {
            return 0;
        }
        int power = powerOfTwo(x);
        float rest = Math.fma(power, -LN2_LOW, Math.fma(power, -LN2_HIGH, x));
        float factor =
                polynomial(
                        rest,
                        0.00019852762f,
                        0.0013930436f,
                        0.008333361f,
                        0.041666485f,
                        0.16666667f,
                        0.5f);
        return Math.scalb(1 + Math.fma(rest * rest, factor, rest), power);
    }

    /**
     * Computes the natural logarithm.
     *
     * @param x at least the smallest normal float
     */
    static float log(float x) {
        // x = mantissa * 2^exponent, with the mantissa from 3/4 to 3/2.
        int exponent = Math.getExponent(x * (1 / 0.75f));
        float mantissa = Math.scalb(x, -exponent);
        DoubleFloat z = DoubleFloat.sum(-1, mantissa).dividedBy(DoubleFloat.sum(1, mantissa));
        float square = z.high() * z.high();
        float factor = polynomial(square, 0.3027294874f, 0.3996108174f, 0.6666694880f);
        return LN2.times(exponent)
                .plusSmaller(z.scaled(1))
                .plusSmaller(new DoubleFloat(square * z.high() * factor, 0))
                .toFloat();
    }

    /** Computes exp(x) to about 30 bits. */
    private static DoubleFloat preciseExp(float x) {
        int power = powerOfTwo(x);
        DoubleFloat rest = new DoubleFloat(x, 0).plus(power * -LN2_HIGH).plus(power * -LN2_LOW);
        float factor =
                polynomial(
                        rest.high(),
                        0.1980960224e-3f,
                        0.1394256484e-2f,
                        0.8333456703e-2f,
                        0.4166637361e-1f);
        DoubleFloat cubic = rest.times(factor).plus(0.16666666f);
        DoubleFloat quadratic = rest.times(cubic).plus(0.5f);
        DoubleFloat minusOne = rest.plus(rest.squared().times(quadratic));
        return new DoubleFloat(1, 0).plusSmaller(minusOne).scaled(power);
    }

    /** Returns the integer q for which x - q ln 2 is smallest. */
    private static int powerOfTwo(float x) {
        return (int) Math.rint(x * INVERSE_LN2);
    }

    /** Evaluates a polynomial by Horner's rule, the coefficient of the highest power first. */
    private static float polynomial(float x, float... coefficients) {
        float value = coefficients[0];
        for (int i = 1; i < coefficients.length; i++) {
            value = Math.fma(value, x, coefficients[i]);
        }
        return value;
    }
}
