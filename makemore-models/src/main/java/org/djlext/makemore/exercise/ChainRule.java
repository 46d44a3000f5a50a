/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.exercise;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a wrong gradient lacks, in terms of the steps before it: by the chain rule a gradient is a
 * sum with a product for each place where its array is used, and each product has the gradient of
 * that place as a factor.
 *
 * <p>Arrays of one shape are compared element by element, so what goes by way of a sum or a
 * broadcast is not found; {@link org.djlext.gradcheck.GradientComparison} finds that.
 */
final class ChainRule {

    // What may be left of a difference; float32 leaves some 1e-7 of what was subtracted.
    private static final double CLOSE = 1e-3;

    // The newest first: it is the most likely to be used.
    private final Deque<Step> steps = new ArrayDeque<>();

    private record Step(String name, NDArray array, NDArray gradient) {
        boolean hasShape(Shape shape) {
            return array.getShape().equals(shape);
        }
    }

    /** Remembers a step whose gradient is right. */
    void add(String name, NDArray array, NDArray gradient) {
        steps.addFirst(new Step(name, array, gradient));
    }

    /**
     * Says in a clause what a wrong gradient of an array lacks beside the right one, or nothing.
     */
    String missing(NDArray array, NDArray wrong, NDArray right) {
        Shape shape = array.getShape();
        if (shape.size() == 1 || !wrong.getShape().equals(shape)) {
            return ""; // any number is a multiple of any other
        }
        float[] is = wrong.toFloatArray();
        float[] should = right.toFloatArray();
        float[] rest = new float[is.length];
        for (int i = 0; i < rest.length; i++) {
            rest[i] = should[i] - is[i];
        }
        List<Step> alike = steps.stream().filter(step -> step.hasShape(shape)).toList();
        for (Step step : alike) {
            float[] gradient = step.gradient.toFloatArray();
            if (isMultiple(product(is, gradient), should)) {
                return "the gradient of " + step.name + " is missing as a factor";
            }
            Stream<NDArray> factors =
                    Stream.concat(Stream.of(array), alike.stream().map(Step::array));
            if (isMultiple(gradient, rest)
                    || factors.anyMatch(
                            factor -> isMultiple(product(factor.toFloatArray(), gradient), rest))) {
                return "a term is missing, or one too many: that with the gradient of " + step.name;
            }
        }
        return "";
    }

    private static float[] product(float[] a, float[] b) {
        float[] product = new float[a.length];
        for (int i = 0; i < a.length; i++) {
            product[i] = a[i] * b[i];
        }
        return product;
    }

    /** Tells whether an array is another one times a number. */
    private static boolean isMultiple(float[] of, float[] array) {
        double products = 0;
        double squares = 0;
        double size = 0;
        for (int i = 0; i < of.length; i++) {
            products += (double) of[i] * array[i];
            squares += (double) of[i] * of[i];
            size += (double) array[i] * array[i];
        }
        // What of the array is at right angles to the other.
        return squares > 0 && size - products * products / squares <= CLOSE * CLOSE * size;
    }
}
