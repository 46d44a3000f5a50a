/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Locale;

/** Counts the wrong entries of the Jacobian of one output by one input, and keeps the worst. */
final class Tally {

    private final Check check;
    private final Tolerance tolerance;
    private final Subject.Input x;
    private final int input;
    private final int output;
    private final Shape outputShape;
    private long entries;
    private long wrongEntries;
    private long wrongElements;
    private long lastWrong = -1;
    private double worstDifference = -1;
    private long worstIn = -1;
    private long worstOut = -1;
    private double analytical;
    private double numerical;
    private double largest;
    private double lowestRatio = Double.POSITIVE_INFINITY;
    private double highestRatio = Double.NEGATIVE_INFINITY;
    private boolean hasRatio = true;

    Tally(
            Check check,
            Tolerance tolerance,
            Subject subject,
            int input,
            int output,
            Subject.Output y) {
        this.check = check;
        this.tolerance = tolerance;
        this.input = input;
        this.output = output;
        x = subject.inputs().get(input);
        outputShape = y.shape;
    }

    int output() {
        return output;
    }

    /**
     * Adds d output[out] / d input[in]. All entries of an element of the input come in a row.
     *
     * @param in the flat index of the element of the input
     * @param out the flat index of the element of the output
     * @param a what backward says
     * @param n what it should be
     */
    void add(long in, long out, double a, double n) {
        entries++;
        largest = Math.max(largest, Math.abs(n));
        if (tolerance.accepts(a, n)) {
            return;
        }
        wrongEntries++;
        if (in != lastWrong) {
            wrongElements++;
            lastWrong = in;
        }
        double ratio = a / n;
        hasRatio &= Double.isFinite(ratio);
        lowestRatio = Math.min(lowestRatio, ratio);
        highestRatio = Math.max(highestRatio, ratio);
        // Nothing is worse than NaN. Among differences that only rounding tells apart, the first.
        double difference = Math.abs(a - n);
        boolean worse = difference > worstDifference * (worstIn < 0 ? 1 : 1 + 1e-6);
        if (worse || (Double.isNaN(difference) && !Double.isNaN(worstDifference))) {
            worstDifference = difference;
            worstIn = in;
            worstOut = out;
            analytical = a;
            numerical = n;
        }
    }

    boolean isWrong() {
        return wrongEntries > 0;
    }

    /** The largest numerical derivative, in absolute value. */
    double largest() {
        return largest;
    }

    GradCheckFailure failure() {
        Shape shape = x.array().getShape();
        List<Long> index = Elements.index(worstIn, shape);
        List<Long> outputIndex = Elements.index(worstOut, outputShape);
        String message =
                ("%s of shape %s: %s of %s elements are wrong (%s of %s"
                                + " entries of the Jacobian); worst at %s, by output %s at %s:"
                                + " %s%s")
                        .formatted(
                                x.label(),
                                shape,
                                wrongElements,
                                shape.size(),
                                wrongEntries,
                                entries,
                                index,
                                output,
                                outputIndex,
                                worst(),
                                hint());
        return failure(index, outputIndex, wrongElements, message);
    }

    /** The failure of fast mode, which knows of no element. */
    GradCheckFailure along(String what) {
        String message = x.label() + ": along " + what + " output " + output + " is " + worst();
        return failure(List.of(), List.of(), 0, message);
    }

    private GradCheckFailure failure(
            List<Long> index, List<Long> outputIndex, long wrong, String message) {
        return new GradCheckFailure(
                check,
                input,
                x.label(),
                output,
                index,
                outputIndex,
                analytical,
                numerical,
                wrong,
                x.array().size(),
                message);
    }

    /** Both values at the worst entry, and how far they may be apart. */
    private String worst() {
        return "analytical %s, numerical %s, allowed difference %s"
                .formatted(
                        analytical,
                        numerical,
                        shorter(tolerance.atol() + tolerance.rtol() * Math.abs(numerical)));
    }

    /** What the wrong entries have in common, which often names the mistake. */
    private String hint() {
        boolean constant = highestRatio - lowestRatio <= 1e-3 * Math.abs(highestRatio);
        if (wrongEntries < 2 || !hasRatio || !constant) {
            return "";
        }
        return lowestRatio == 0
                ? "; analytical is zero in all of them"
                : "; analytical is " + shorter(lowestRatio) + " times numerical in all of them";
    }

    /** A number with four digits, and no more than it needs. */
    static String shorter(double value) {
        double rounded = Double.parseDouble(String.format(Locale.ROOT, "%.3e", value));
        return Double.toString(rounded);
    }
}
