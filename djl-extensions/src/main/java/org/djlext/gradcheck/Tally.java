/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Locale;

/**
 * Counts what is wrong in an array of the form of an input, or in the Jacobian of an output by one,
 * and keeps the worst.
 */
final class Tally {

    private final Check check;
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
    private double allowedDifference;
    private double largest;
    private double lowestRatio = Double.POSITIVE_INFINITY;
    private double highestRatio = Double.NEGATIVE_INFINITY;
    private boolean hasRatio = true;

    /** Of an array of an input's form, in which there is no output. */
    Tally(Check check, Subject subject, int input) {
        this(check, subject, input, -1, new Shape());
    }

    /** Of the Jacobian of an output by an input. */
    Tally(Check check, Subject subject, int input, int output, Shape outputShape) {
        this.check = check;
        this.input = input;
        this.output = output;
        this.outputShape = outputShape;
        x = subject.inputs().get(input);
    }

    int output() {
        return output;
    }

    /** Adds an entry that is right. */
    void add(double must) {
        entries++;
        largest = Math.max(largest, Math.abs(must));
    }

    /**
     * Adds a wrong entry, d output[out] / d input[in]. All entries of an element of the input come
     * in a row.
     *
     * @param in the flat index of the element of the input
     * @param out the flat index of the element of the output; 0 if there is none
     * @param a what backward says
     * @param n what it should be
     * @param allowed how far they may be apart
     */
    void addWrong(long in, long out, double a, double n, double allowed) {
        add(n);
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
            allowedDifference = allowed;
        }
    }

    boolean isWrong() {
        return wrongEntries > 0;
    }

    /** The largest numerical derivative, in absolute value. */
    double largest() {
        return largest;
    }

    /** The failure of an array of the input's form, after what is wrong with it. */
    GradCheckReport.Failure failure(String what) {
        String must = Double.isNaN(numerical) ? "" : " instead of " + numerical;
        return located(
                "%s of shape %s: %s; %s of %s elements, worst at %s: %s%s"
                        .formatted(
                                x.label(),
                                x.array().getShape(),
                                what,
                                wrongElements,
                                x.array().size(),
                                index(),
                                analytical,
                                must));
    }

    /** The failure of a Jacobian, after what was said of it before. */
    GradCheckReport.Failure jacobianFailure(String before) {
        return located(
                ("%s%s of shape %s: %s of %s elements are wrong (%s of %s"
                                + " entries of the Jacobian); worst at %s, by output %s at %s:"
                                + " %s%s")
                        .formatted(
                                before,
                                x.label(),
                                x.array().getShape(),
                                wrongElements,
                                x.array().size(),
                                wrongEntries,
                                entries,
                                index(),
                                output,
                                Elements.index(worstOut, outputShape),
                                worst(),
                                hint()));
    }

    /** Says what is wrong along random directions. */
    String along(String directions) {
        return "%s: along %s output %s is %s".formatted(x.label(), directions, output, worst());
    }

    /** The failure along random directions, which know of no element. */
    GradCheckReport.Failure failureAlong(String message) {
        return failure(List.of(), List.of(), 0, message);
    }

    private GradCheckReport.Failure located(String message) {
        return failure(index(), Elements.index(worstOut, outputShape), wrongElements, message);
    }

    private GradCheckReport.Failure failure(
            List<Long> index, List<Long> outputIndex, long wrong, String message) {
        return new GradCheckReport.Failure(
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

    private List<Long> index() {
        return Elements.index(worstIn, x.array().getShape());
    }

    /** Both values at the worst entry, and how far they may be apart. */
    private String worst() {
        return "analytical %s, numerical %s, allowed difference %s"
                .formatted(analytical, numerical, shorter(allowedDifference));
    }

    /** What the wrong entries have in common, which often names the mistake. */
    private String hint() {
        boolean constant = highestRatio - lowestRatio <= 1e-3 * Math.abs(highestRatio);
        boolean isOne = Math.abs(highestRatio - 1) <= 1e-3; // which says nothing with four digits
        if (wrongEntries < 2 || !hasRatio || !constant || isOne) {
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
