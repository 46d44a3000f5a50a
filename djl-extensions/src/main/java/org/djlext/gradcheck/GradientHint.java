/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import org.djlext.autograd.Autograd;

/**
 * What a wrong gradient has in common with the right one, which often names the mistake: a factor,
 * a sum over the wrong axis, a transpose, a term that is missing.
 */
final class GradientHint {

    // What a hint leaves unexplained of the difference; float32 leaves about 1e-6 of the arrays.
    private static final double CLOSE = 1e-4;

    private final NDArray manual;
    private final NDArray right;

    private GradientHint(NDArray manual, NDArray right) {
        this.manual = manual;
        this.right = right;
    }

    /**
     * Looks for what two arrays have in common that are not the same.
     *
     * @return a clause about the manual gradient, or nothing
     */
    static String of(NDArray manual, NDArray right) {
        if (manual.getDataType() == DataType.COMPLEX64
                || right.getDataType() == DataType.COMPLEX64) {
            return "";
        }
        try (NDManager scope = manual.getManager().newSubManager();
                Autograd.Scope unrecorded = Autograd.noGrad()) {
            NDArray ours = scope.create(Elements.of(manual), manual.getShape());
            NDArray theirs = scope.create(Elements.of(right), right.getShape());
            GradientHint hint = new GradientHint(ours, theirs);
            return ours.getShape().equals(theirs.getShape()) ? hint.ofValues() : hint.ofShapes();
        }
    }

    private String ofShapes() {
        if (isSame(manual, right)) {
            return "the numbers agree, only the shape does not";
        }
        if (isMatrix() && manual.transpose().getShape().equals(right.getShape())) {
            return isSame(manual.transpose(), right) ? "its transpose agrees" : "swap the axes";
        }
        for (int axis = 0; axis < manual.getShape().dimension(); axis++) {
            if (isSame(manual.sum(new int[] {axis}), right)) {
                return "summed over axis " + axis + " it agrees, where forward has broadcast";
            }
        }
        for (int axis = 0; axis < right.getShape().dimension(); axis++) {
            if (isSame(manual, right.sum(new int[] {axis}))) {
                return "it is summed over axis " + axis + ", but should not be";
            }
        }
        int ours = onlyOne(manual.getShape());
        int theirs = onlyOne(right.getShape());
        if (ours >= 0 && theirs >= 0 && ours != theirs) {
            return "it is summed over axis " + ours + ", but should be over axis " + theirs;
        }
        return "";
    }

    private String ofValues() {
        if (manual.abs().sum().getDouble() == 0) {
            return "it is zero everywhere";
        }
        double unexplained = CLOSE * CLOSE * squares(manual.sub(right));
        if (!Double.isFinite(unexplained)) {
            return "";
        }
        int[] all = new int[manual.getShape().dimension()];
        Arrays.setAll(all, axis -> axis);
        NDArray factor = factor(all);
        if (squares(manual.sub(right.mul(factor))) <= unexplained) {
            double number = factor.sum().getDouble();
            // Any number is a multiple of one other, which says nothing unless it is the sign.
            return right.size() > 1
                    ? "it is " + times(number) + " everywhere"
                    : isMinusOne(number) ? "it is of the wrong sign" : "";
        }
        if (isMatrix() && isSame(manual.transpose(), right)) {
            return "its transpose agrees";
        }
        for (int axis : all) {
            String along = along(axis, unexplained);
            if (!along.isEmpty()) {
                return along;
            }
        }
        return "";
    }

    /** Looks along an axis: for a factor that does not depend on it, or such a term. */
    private String along(int axis, double unexplained) {
        long length = manual.getShape().get(axis);
        if (length < 2 || length == manual.size()) {
            return "";
        }
        int[] axes = {axis};
        NDArray factor = factor(axes);
        if (squares(manual.sub(right.mul(factor))) <= unexplained) {
            return ("a factor of the shape %s is missing, or one too many: the ratio"
                            + " is the same along axis %s")
                    .formatted(factor.getShape(), axis);
        }
        NDArray difference = manual.sub(right);
        NDArray term = difference.mean(axes, true);
        if (squares(difference.sub(term)) <= unexplained) {
            return ("a term of the shape %s is missing, or one too many: the"
                            + " difference is the same along axis %s")
                    .formatted(term.getShape(), axis);
        }
        return "";
    }

    /** Returns the numbers by which the right gradient comes closest to the manual one. */
    private NDArray factor(int[] axes) {
        NDArray products = manual.mul(right).sum(axes, true);
        NDArray squares = right.square().sum(axes, true);
        return NDArrays.where(squares.eq(0), products.zerosLike(), products.div(squares));
    }

    private static double squares(NDArray array) {
        return array.square().sum().getDouble();
    }

    private boolean isMatrix() {
        return manual.getShape().dimension() == 2;
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

    private static boolean isSame(NDArray a, NDArray b) {
        return a.size() == b.size()
                && squares(a.flatten().sub(b.flatten())) <= CLOSE * CLOSE * squares(b);
    }

    /** Returns the axis of size 1 of a matrix that has one, or -1. */
    private static int onlyOne(Shape shape) {
        boolean row = shape.dimension() == 2 && shape.get(0) == 1;
        boolean column = shape.dimension() == 2 && shape.get(1) == 1;
        return row == column ? -1 : row ? 0 : 1;
    }
}
