/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A number at one step after another, such as the loss. All of it is kept, and shown in as many
 * points as a screen has.
 */
final class Series {

    /** The largest number of points that are shown. */
    static final int MAX_POINTS = 2000;

    private static final int FIRST_SIZE = 16;

    private int[] steps = new int[FIRST_SIZE];
    private float[] values = new float[FIRST_SIZE];
    private int count;

    /**
     * What a page shows of a series. In a long one a point stands for a group of steps, with the
     * lowest and the highest value of them, so that no spike is lost.
     *
     * @param step the last step of each group
     * @param value the mean of each group
     * @param low the lowest value of each group, or null if a group is a single step
     * @param high the highest
     * @param group how many steps are a group
     */
    record Points(
            List<Integer> step,
            List<Double> value,
            @Nullable List<Float> low,
            @Nullable List<Float> high,
            int group) {}

    /** Adds a value; steps must not go back. */
    void add(int step, float value) {
        if (count > 0 && step < lastStep()) {
            throw new IllegalArgumentException(
                    "steps must not go back, but step %d comes after step %d"
                            .formatted(step, lastStep()));
        }
        if (count == steps.length) {
            steps = Arrays.copyOf(steps, 2 * count);
            values = Arrays.copyOf(values, 2 * count);
        }
        steps[count] = step;
        values[count++] = value;
    }

    int size() {
        return count;
    }

    int lastStep() {
        return steps[count - 1];
    }

    /** Returns the mean of the last values, of which there must be so many. */
    double meanOfLast(int window) {
        return mean(count - window, count);
    }

    private double mean(int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += values[i];
        }
        return sum / (to - from);
    }

    Points points() {
        int group = Math.max(1, (count + MAX_POINTS - 1) / MAX_POINTS);
        List<Integer> step = new ArrayList<>();
        List<Double> mean = new ArrayList<>();
        List<Float> low = new ArrayList<>();
        List<Float> high = new ArrayList<>();
        for (int from = 0; from < count; from += group) {
            int to = Math.min(count, from + group);
            float lowest = values[from];
            float highest = values[from];
            for (int i = from + 1; i < to; i++) {
                lowest = Math.min(lowest, values[i]);
                highest = Math.max(highest, values[i]);
            }
            step.add(steps[to - 1]);
            mean.add(mean(from, to));
            low.add(lowest);
            high.add(highest);
        }
        return group == 1
                ? new Points(step, mean, null, null, group)
                : new Points(step, mean, low, high, group);
    }
}
