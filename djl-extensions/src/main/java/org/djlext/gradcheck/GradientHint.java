/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * What a wrong gradient has in common with the right one, which often names the mistake: a factor,
 * a sum over the wrong axis, a transpose, a term that is missing.
 */
final class GradientHint {

    // What a hint leaves unexplained of the difference; float32 leaves about 1e-6 of the arrays.
    private static final double CLOSE = 1e-4;

    private final double[] manual;
    private final double[] right;
    private final Shape manualShape;
    private final Shape rightShape;

    private GradientHint(double[] manual, Shape manualShape, double[] right, Shape rightShape) {
        this.manual = manual;
        this.manualShape = manualShape;
        this.right = right;
        this.rightShape = rightShape;
    }

    /**
     * Looks for what two arrays have in common that are not the same.
     *
     * @return a clause about the manual gradient, or nothing
     */
    static String of(double[] manual, Shape manualShape, double[] right, Shape rightShape) {
        GradientHint hint = new GradientHint(manual, manualShape, right, rightShape);
        return manualShape.equals(rightShape) ? hint.ofValues() : hint.ofShapes();
    }

    private String ofShapes() {
        if (isSame(manual, right)) {
            return "the numbers agree, only the shape does not";
        }
        Shape swapped = reversed(manualShape);
        if (manualShape.dimension() == 2 && swapped.equals(rightShape)) {
            return isSame(transposed(), right) ? "its transpose agrees" : "swap the axes";
        }
        for (int axis = 0; axis < manualShape.dimension(); axis++) {
            if (isSame(sum(manual, manualShape, axis), right)) {
                return "summed over axis " + axis + " it agrees, where forward has broadcast";
            }
        }
        for (int axis = 0; axis < rightShape.dimension(); axis++) {
            if (isSame(manual, sum(right, rightShape, axis))) {
                return "it is summed over axis " + axis + ", but should not be";
            }
        }
        int ours = onlyOne(manualShape);
        int theirs = onlyOne(rightShape);
        if (ours >= 0 && theirs >= 0 && ours != theirs) {
            return "it is summed over axis " + ours + ", but should be over axis " + theirs;
        }
        return "";
    }

    private String ofValues() {
        if (Arrays.stream(manual).allMatch(x -> x == 0)) {
            return "it is zero everywhere";
        }
        double unexplained = square(CLOSE) * differences();
        if (!Double.isFinite(unexplained)) {
            return "";
        }
        double factor = factor(0, manual.length, 1);
        if (residual(factor, 0, manual.length, 1) <= unexplained && factor != 0) {
            // Any number is a multiple of one other, which says nothing unless it is the sign.
            return right.length > 1
                    ? "it is " + times(factor) + " everywhere"
                    : isMinusOne(factor) ? "it is of the wrong sign" : "";
        }
        if (manualShape.dimension() == 2
                && reversed(manualShape).equals(manualShape)
                && isSame(transposed(), right)) {
            return "its transpose agrees";
        }
        for (int axis = 0; axis < manualShape.dimension(); axis++) {
            String along = along(axis, unexplained);
            if (!along.isEmpty()) {
                return along;
            }
        }
        return "";
    }

    /** Looks along an axis: for a factor that does not depend on it, or such a term. */
    private String along(int axis, double unexplained) {
        int length = (int) manualShape.get(axis);
        if (length < 2 || length == manual.length) {
            return "";
        }
        int step = step(manualShape, axis);
        double ofFactor = 0;
        double ofTerm = 0;
        for (int from : starts(manualShape, axis)) {
            ofFactor += residual(factor(from, length, step), from, length, step);
            double mean = 0;
            for (int i = 0; i < length; i++) {
                mean += difference(from + i * step) / length;
            }
            for (int i = 0; i < length; i++) {
                ofTerm += square(difference(from + i * step) - mean);
            }
        }
        Shape rest = withOne(axis);
        if (ofFactor <= unexplained) {
            return ("a factor of the shape %s is missing, or one too many: the ratio"
                            + " is the same along axis %s")
                    .formatted(rest, axis);
        }
        if (ofTerm <= unexplained) {
            return ("a term of the shape %s is missing, or one too many: the"
                            + " difference is the same along axis %s")
                    .formatted(rest, axis);
        }
        return "";
    }

    private double difference(int at) {
        return manual[at] - right[at];
    }

    /** The sum of the squares of all differences. */
    private double differences() {
        return residual(1, 0, manual.length, 1);
    }

    /** Returns the number by which the right gradient comes closest to the manual one. */
    private double factor(int from, int length, int step) {
        double products = 0;
        double squares = 0;
        for (int i = 0; i < length; i++) {
            int at = from + i * step;
            products += manual[at] * right[at];
            squares += square(right[at]);
        }
        return squares == 0 ? 0 : products / squares;
    }

    private double residual(double factor, int from, int length, int step) {
        double sum = 0;
        for (int i = 0; i < length; i++) {
            int at = from + i * step;
            sum += square(manual[at] - factor * right[at]);
        }
        return sum;
    }

    private static boolean isMinusOne(double factor) {
        return Math.abs(factor + 1) <= CLOSE;
    }

    private static String times(double factor) {
        double whole = 1 / factor;
        if (isMinusOne(factor)) {
            return "of the wrong sign";
        }
        if (Math.abs(factor) < 1 && Math.abs(whole - Math.rint(whole)) <= CLOSE * Math.abs(whole)) {
            return (whole < 0 ? "-1/" : "1/")
                    + Math.abs(Math.round(whole))
                    + " times what it should be";
        }
        return Tally.shorter(factor) + " times what it should be";
    }

    private static boolean isSame(double[] a, double[] b) {
        if (a.length != b.length) {
            return false;
        }
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < a.length; i++) {
            sum += square(a[i] - b[i]);
            squares += square(b[i]);
        }
        return sum <= square(CLOSE) * squares;
    }

    private double[] transposed() {
        int rows = (int) manualShape.get(0);
        int columns = (int) manualShape.get(1);
        double[] result = new double[manual.length];
        for (int i = 0; i < manual.length; i++) {
            result[i % columns * rows + i / columns] = manual[i];
        }
        return result;
    }

    private static double[] sum(double[] values, Shape shape, int axis) {
        int step = step(shape, axis);
        int[] starts = starts(shape, axis);
        double[] sums = new double[starts.length];
        for (int k = 0; k < starts.length; k++) {
            for (int i = 0; i < shape.get(axis); i++) {
                sums[k] += values[starts[k] + i * step];
            }
        }
        return sums;
    }

    /** Returns where the elements with index 0 of an axis are, in order. */
    private static int[] starts(Shape shape, int axis) {
        int step = step(shape, axis);
        int length = (int) shape.get(axis);
        int count = length == 0 ? 0 : (int) (shape.size() / length);
        int[] starts = new int[count];
        Arrays.setAll(starts, k -> k / step * step * length + k % step);
        return starts;
    }

    /** Returns how far the elements of an axis are apart. */
    private static int step(Shape shape, int axis) {
        return (int) shape.slice(axis + 1).size();
    }

    private Shape withOne(int axis) {
        long[] sizes = manualShape.getShape().clone();
        sizes[axis] = 1;
        return new Shape(sizes);
    }

    private static Shape reversed(Shape shape) {
        int last = shape.dimension() - 1;
        return new Shape(
                LongStream.rangeClosed(0, last).map(i -> shape.get((int) (last - i))).toArray());
    }

    /** Returns the axis of size 1 of a matrix that has one, or -1. */
    private static int onlyOne(Shape shape) {
        boolean row = shape.dimension() == 2 && shape.get(0) == 1;
        boolean column = shape.dimension() == 2 && shape.get(1) == 1;
        return row == column ? -1 : row ? 0 : 1;
    }

    private static double square(double x) {
        return x * x;
    }
}
