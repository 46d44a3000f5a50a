/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The loss of each step, kept as floats, and drawn as a curve of so many points as a screen has.
 *
 * <p>A long run has more steps than that. Then a point stands for a group of steps, with the lowest
 * and the highest loss of them, so that no spike is lost.
 */
final class LossSeries {

    /** The largest number of points of a curve. */
    static final int POINTS = 1000;

    // The smoothed curve averages this part of the steps so far.
    private static final int PART = 50;
    private static final int FIRST_SIZE = 1024;

    private float[] losses = new float[FIRST_SIZE];
    private int first;
    private int count;

    /** Adds the loss of a step, which is the one after the last; the first may be any. */
    void add(int step, float loss) {
        if (count == 0) {
            first = step;
        }
        if (step != first + count) {
            throw new IllegalArgumentException(
                    "the loss of step " + (first + count) + " comes next, but got step " + step);
        }
        if (count == losses.length) {
            losses = Arrays.copyOf(losses, 2 * count);
        }
        losses[count++] = loss;
    }

    /** Returns the number of the next step. */
    int next() {
        return first + count;
    }

    /** Returns the last step of each group. */
    int[] lastSteps() {
        int group = group();
        int[] steps = new int[points()];
        Arrays.setAll(steps, i -> first + Math.min(count, (i + 1) * group) - 1);
        return steps;
    }

    /** Draws the curve. */
    ReportData.Losses curve() {
        int group = group();
        // Sums from the start, by which each mean takes two look-ups.
        double[] sums = new double[count + 1];
        for (int i = 0; i < count; i++) {
            sums[i + 1] = sums[i] + losses[i];
        }
        int reach = count / PART / 2;
        int points = points();
        List<Integer> step = new ArrayList<>(points);
        List<Float> low = new ArrayList<>(points);
        List<Float> high = new ArrayList<>(points);
        List<Double> smooth = new ArrayList<>(points);
        for (int i = 0; i < points; i++) {
            int from = i * group;
            int to = Math.min(count, from + group);
            int middle = (from + to - 1) / 2;
            float lowest = losses[from];
            float highest = losses[from];
            for (int k = from + 1; k < to; k++) {
                lowest = Math.min(lowest, losses[k]);
                highest = Math.max(highest, losses[k]);
            }
            step.add(first + middle);
            low.add(lowest);
            high.add(highest);
            // As far on one side as on the other, so that the ends are not drawn inwards.
            int r = Math.min(reach, Math.min(middle, count - 1 - middle));
            int left = Math.min(from, middle - r);
            int right = Math.max(to, middle + r + 1);
            smooth.add((sums[right] - sums[left]) / (right - left));
        }
        return new ReportData.Losses(step, low, high, smooth, group, 2 * reach + 1);
    }

    private int points() {
        int group = group();
        return (count + group - 1) / group;
    }

    private int group() {
        return Math.max(1, (count + POINTS - 1) / POINTS);
    }
}
