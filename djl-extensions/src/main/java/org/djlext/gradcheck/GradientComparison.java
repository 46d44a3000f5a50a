/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/**
 * A gradient computed by hand beside the engine's: the {@code cmp} of the backprop-ninja lecture.
 *
 * <pre>{@code
 * System.out.println(GradientComparison.of("logprobs", dlogprobs, Autograd.gradient(logprobs)));
 * // logprobs        | exact: True  | approximate: True  | maxdiff: 0.0
 * }</pre>
 *
 * @param name what is compared
 * @param exact whether shape and type agree and all elements are equal
 * @param approximate whether shape and type agree and all elements are within the tolerance
 * @param maxdiff the largest absolute difference, in the precision of the arrays; NaN if an element
 *     is NaN or the shapes differ
 * @param detail empty, or what to look at where the arrays disagree, and what they have in common:
 *     a factor, a transpose, a sum over the wrong axis, a missing term
 */
public record GradientComparison(
        String name, boolean exact, boolean approximate, double maxdiff, String detail) {

    /**
     * Compares with {@link Tolerance#ALLCLOSE}.
     *
     * @param name what is compared
     * @param manual the gradient computed by hand
     * @param engine what it should be, such as the engine's gradient
     * @return the comparison
     */
    public static GradientComparison of(String name, NDArray manual, NDArray engine) {
        return of(name, manual, engine, Tolerance.ALLCLOSE);
    }

    /**
     * Compares with a given tolerance.
     *
     * @param name what is compared
     * @param manual the gradient computed by hand
     * @param engine what it should be, such as the engine's gradient
     * @param tolerance how far they may be apart for approximate agreement
     * @return the comparison
     */
    public static GradientComparison of(
            String name, NDArray manual, NDArray engine, Tolerance tolerance) {
        String disagreement =
                disagreement("shape", manual.getShape(), engine.getShape())
                        + disagreement("type", manual.getDataType(), engine.getDataType());
        double[] a = Elements.of(manual);
        double[] b = Elements.of(engine);
        if (!manual.getShape().equals(engine.getShape())) {
            disagreement += hint(manual, engine);
            return new GradientComparison(name, false, false, Double.NaN, disagreement);
        }
        // A float minus a float, rounded to a float, is what the lecture prints.
        boolean single = manual.getDataType() == DataType.FLOAT32;
        boolean exact = true;
        int worst = -1;
        double worstDiff = 0;
        boolean worstFails = false;
        double maxdiff = 0;
        for (int i = 0; i < a.length; i++) {
            if (a[i] == b[i]) {
                continue;
            }
            exact = false;
            double diff = single ? Math.abs((float) a[i] - (float) b[i]) : Math.abs(a[i] - b[i]);
            // Math.max keeps a NaN, in either place.
            maxdiff = Math.max(maxdiff, diff);
            boolean fails = !tolerance.accepts(a[i], b[i]);
            // The worst is the largest difference among those that fail, if any does. To
            // Double.compare, NaN is larger than all numbers.
            if (worst < 0
                    || (fails && !worstFails)
                    || (fails == worstFails && Double.compare(diff, worstDiff) > 0)) {
                worst = i;
                worstDiff = diff;
                worstFails = fails;
            }
        }
        if (worstFails) {
            disagreement +=
                    " | worst at %s: %s, should be %s%s"
                            .formatted(
                                    Elements.index(worst, manual.getShape()),
                                    python(a[worst]),
                                    python(b[worst]),
                                    hint(manual, engine));
        }
        boolean sameType = manual.getDataType() == engine.getDataType();
        return new GradientComparison(
                name, exact && sameType, !worstFails && sameType, maxdiff, disagreement);
    }

    /**
     * Combines this with another comparison of the same gradient, such as that of the next step.
     *
     * @param other the other one
     * @return what both agree on, the larger difference, and the first detail
     */
    public GradientComparison and(GradientComparison other) {
        return new GradientComparison(
                name,
                exact && other.exact,
                approximate && other.approximate,
                Math.max(maxdiff, other.maxdiff),
                detail.isEmpty() ? other.detail : detail);
    }

    private static String hint(NDArray manual, NDArray engine) {
        String hint = GradientHint.of(manual, engine);
        return hint.isEmpty() ? "" : " | " + hint;
    }

    private static String disagreement(String what, Object manual, Object engine) {
        return manual.equals(engine) ? "" : " | " + what + ": " + manual + ", should be " + engine;
    }

    /** A number as Python prints it: 9.313225746154785e-10, 0.0, nan. */
    private static String python(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        // The fewest digits that give the number back, which Double.toString finds from JDK 19 on.
        BigDecimal decimal = new BigDecimal(value);
        for (int digits = 15; digits <= 17; digits++) {
            BigDecimal rounded = new BigDecimal(value).round(new MathContext(digits));
            if (rounded.doubleValue() == value) {
                decimal = rounded.stripTrailingZeros();
                break;
            }
        }
        int exponent = decimal.precision() - decimal.scale() - 1;
        if (value == 0 || (exponent >= -4 && exponent < 16)) {
            String plain = decimal.toPlainString();
            return plain.contains(".") ? plain : plain + ".0";
        }
        return String.format(
                Locale.ROOT,
                "%se%s%02d",
                decimal.scaleByPowerOfTen(-exponent).toPlainString(),
                exponent < 0 ? "-" : "+",
                Math.abs(exponent));
    }

    /**
     * {@return the lecture's line: name, exact, approximate and maxdiff, and where the arrays
     * disagree a few words more}
     */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%-15s | exact: %-5s | approximate: %-5s | maxdiff: %s%s",
                name,
                python(exact),
                python(approximate),
                python(maxdiff),
                detail);
    }

    private static String python(boolean value) {
        return value ? "True" : "False";
    }
}
