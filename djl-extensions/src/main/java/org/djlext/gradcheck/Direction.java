/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** A direction in the space of an array's elements: along one of them, or along all at once. */
final class Direction {

    // The elements that change along it, and by how much each of them does.
    private final int[] at;
    private final double[] values;

    private Direction(int[] at, double[] values) {
        this.at = at;
        this.values = values;
    }

    /** Returns the directions of all elements. */
    static List<Direction> elements(int size) {
        return IntStream.range(0, size)
                .mapToObj(i -> new Direction(new int[] {i}, new double[] {1}))
                .toList();
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
        return new Direction(IntStream.range(0, size).toArray(), values);
    }

    /** The component along the direction of the way from one point to another. */
    double between(double[] from, double[] to) {
        double sum = 0;
        for (int i = 0; i < at.length; i++) {
            sum += values[i] * (to[at[i]] - from[at[i]]);
        }
        return sum;
    }

    /** The component of a vector along the direction. */
    double dot(double[] vector) {
        double sum = 0;
        for (int i = 0; i < at.length; i++) {
            sum += values[i] * vector[at[i]];
        }
        return sum;
    }

    /** The direction as a vector. */
    double[] toVector(int size) {
        double[] vector = new double[size];
        for (int i = 0; i < at.length; i++) {
            vector[at[i]] = values[i];
        }
        return vector;
    }

    /** A point beside another: a step along the direction, rounded as the arrays' type rounds. */
    double[] step(double[] point, double eps, GradCheckSettings settings) {
        double[] stepped = point.clone();
        for (int i = 0; i < at.length; i++) {
            stepped[at[i]] = settings.round(point[at[i]] + eps * values[i]);
        }
        return stepped;
    }

    /** The direction from one point to another, which rounding makes a little different. */
    Direction taken(double[] from, double[] to) {
        double width = between(from, to);
        double[] taken = new double[at.length];
        for (int i = 0; i < at.length; i++) {
            taken[i] = (to[at[i]] - from[at[i]]) / width;
        }
        return new Direction(at, taken);
    }
}
