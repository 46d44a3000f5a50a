/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import org.djlext.makemore.data.NumpyRandom;

/** Two half circles that reach into each other, a data set that no straight line divides. */
public final class Moons {

    private Moons() {}

    /**
     * Makes the points of scikit-learn's {@code make_moons(n, noise=noise)} after {@code
     * numpy.random.seed(seed)}: half circles of radius 1 around (0, 0) and (1, 0.5), shuffled, and
     * then moved by normal noise.
     *
     * @param n the number of points, at least 2
     * @param noise the standard deviation of the noise
     * @param random NumPy's generator
     * @return the points, with label -1 for the upper half circle and 1 for the lower
     */
    public static Batch make(int n, double noise, NumpyRandom random) {
        if (n < 2) {
            throw new IllegalArgumentException("moons need at least 2 points, but got " + n);
        }
        int upper = n / 2;
        int lower = n - upper;
        int[] order = random.permutation(n);
        double[][] points = new double[n][];
        double[] labels = new double[n];
        for (int i = 0; i < n; i++) {
            int k = order[i];
            if (k < upper) {
                double angle = angle(k, upper);
                points[i] = new double[] {Math.cos(angle), Math.sin(angle)};
                labels[i] = -1;
            } else {
                double angle = angle(k - upper, lower);
                points[i] = new double[] {1 - Math.cos(angle), 1 - Math.sin(angle) - 0.5};
                labels[i] = 1;
            }
        }
        for (double[] point : points) {
            point[0] += random.normal(noise);
            point[1] += random.normal(noise);
        }
        return Batch.of(points, labels);
    }

    private static double angle(int k, int count) {
        return count == 1 ? 0 : k * (Math.PI / (count - 1));
    }
}
