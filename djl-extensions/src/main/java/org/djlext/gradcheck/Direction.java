/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** A direction in the space of an array's elements: along one of them, or along all at once. */
final class Direction {

    private final int element;
    private final double @Nullable [] values;

    private Direction(int element, double @Nullable [] values) {
        this.element = element;
        this.values = values;
    }

    /** The direction of one element. */
    static Direction of(int element) {
        return new Direction(element, null);
    }

    /**
     * A random direction of length 1 with no negative element, so that errors of many elements add
     * up instead of cancelling out. An error of a single element among N is smaller by the factor
     * sqrt(N), and may pass.
     */
    static Direction random(int size, SplittableRandom random) {
        double[] values = random.doubles(size).toArray();
        double squares = 0;
        for (double value : values) {
            squares += value * value;
        }
        for (int i = 0; i < size; i++) {
            values[i] /= Math.sqrt(squares);
        }
        return new Direction(-1, values);
    }

    /** The component of a vector along the direction. */
    double dot(double[] vector) {
        if (values == null) {
            return vector[element];
        }
        double sum = 0;
        for (int i = 0; i < values.length; i++) {
            sum += values[i] * vector[i];
        }
        return sum;
    }

    /** The direction as a vector. */
    double[] toVector(int size) {
        if (values != null) {
            return values.clone();
        }
        double[] vector = new double[size];
        vector[element] = 1;
        return vector;
    }

    /** A point beside another: a step along the direction, rounded as the arrays' type rounds. */
    double[] step(double[] point, double eps, GradCheckSettings settings) {
        double[] stepped = point.clone();
        if (values == null) {
            stepped[element] = settings.round(point[element] + eps);
        } else {
            for (int i = 0; i < stepped.length; i++) {
                stepped[i] = settings.round(point[i] + eps * values[i]);
            }
        }
        return stepped;
    }

    /** The direction from one point to another, which rounding makes a little different. */
    Direction taken(double[] from, double[] to) {
        if (values == null) {
            return this;
        }
        double width = dot(to) - dot(from);
        double[] taken = new double[to.length];
        for (int i = 0; i < taken.length; i++) {
            taken[i] = (to[i] - from[i]) / width;
        }
        return new Direction(-1, taken);
    }
}
