/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

/**
 * How far two numbers may be apart: {@code |actual - expected| <= atol + rtol * |expected|}.
 *
 * @param rtol the tolerance relative to the expected value
 * @param atol the absolute tolerance
 */
public record Tolerance(double rtol, double atol) {

    /** The defaults of {@code torch.allclose}, which the lecture's {@code cmp} uses. */
    public static final Tolerance ALLCLOSE = new Tolerance(1e-5, 1e-8);

    /**
     * Checks that both are numbers and not negative.
     *
     * @param rtol the tolerance relative to the expected value
     * @param atol the absolute tolerance
     */
    public Tolerance {
        if (!(rtol >= 0) || !(atol >= 0)) {
            throw new IllegalArgumentException(
                    "a tolerance must not be negative, but got rtol " + rtol + " and atol " + atol);
        }
    }

    /**
     * Tells whether a number is close enough. NaN is close to nothing, infinity only to itself.
     *
     * @param actual the number to judge
     * @param expected what it should be
     * @return whether it is
     */
    public boolean accepts(double actual, double expected) {
        if (actual == expected) {
            return true;
        }
        // Infinite allowances would let a finite number pass for infinity.
        return Double.isFinite(expected) && Math.abs(actual - expected) <= allowed(expected);
    }

    /** How far a number may be from what it should be. */
    double allowed(double expected) {
        return atol + rtol * Math.abs(expected);
    }
}
