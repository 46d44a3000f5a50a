/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.util.stream.IntStream;

/**
 * NumPy's global generator, {@code numpy.random.seed(seed)}: what scikit-learn draws from.
 *
 * <p>It keeps this stream for ever, for the sake of old results. An instance is for one thread.
 */
public final class NumpyRandom {

    private final MersenneTwister words;
    private double spareNormal = Double.NaN;

    /**
     * Starts like {@code numpy.random.seed(seed)}.
     *
     * @param seed the seed
     */
    public NumpyRandom(int seed) {
        words = new MersenneTwister(seed);
    }

    /**
     * {@return what {@code numpy.random.normal(0, scale)} returns} Normal numbers are made two at a
     * time, by the polar method, and the second is kept for the next call.
     *
     * @param scale the standard deviation
     */
    public double normal(double scale) {
        if (!Double.isNaN(spareNormal)) {
            double spare = spareNormal;
            spareNormal = Double.NaN;
            return scale * spare;
        }
        double x;
        double y;
        double r2;
        do {
            x = 2 * words.nextDouble() - 1;
            y = 2 * words.nextDouble() - 1;
            r2 = x * x + y * y;
        } while (r2 >= 1 || r2 == 0);
        double f = Math.sqrt(-2 * Math.log(r2) / r2);
        spareNormal = f * x;
        return scale * (f * y);
    }

    /**
     * {@return the numbers from 0 to n - 1 in the order that {@code numpy.random.shuffle} gives
     * them}
     *
     * @param n how many
     */
    public int[] permutation(int n) {
        int[] order = IntStream.range(0, n).toArray();
        MersenneTwister.shuffle(order, this::upTo);
        return order;
    }

    // As many low bits as the largest has, drawn again while they are above it.
    private int upTo(int largest) {
        int mask = -1 >>> Integer.numberOfLeadingZeros(largest);
        int value = words.next() & mask;
        while (value > largest) {
            value = words.next() & mask;
        }
        return value;
    }
}
