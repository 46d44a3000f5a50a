/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

/**
 * Python's {@code random} module, number for number: the same seed gives what CPython 3.11 gives.
 *
 * <p>The lectures split the names with {@code random.seed(42); random.shuffle(words)} and draw
 * micrograd's parameters with {@code random.uniform(-1, 1)}. To compare with their published losses
 * one needs their very splits and parameters.
 *
 * <p>The generator is MT19937. An instance is for one thread.
 */
public final class PythonRandom {

    private final MersenneTwister words;

    /**
     * Starts like {@code random.seed(seed)}, which takes the absolute value of an integer.
     *
     * @param seed the seed
     */
    public PythonRandom(long seed) {
        long magnitude = Math.abs(seed);
        int low = (int) magnitude;
        int high = (int) (magnitude >>> 32);
        words = MersenneTwister.seededByArray(high == 0 ? new int[] {low} : new int[] {low, high});
    }

    /** {@return what {@code random.random()} returns: 53 random bits, divided by 2^53} */
    public double random() {
        return words.nextDouble();
    }

    /**
     * {@return what {@code random.uniform(a, b)} returns: {@code a + (b - a) * random()}}
     *
     * @param a one end of the range
     * @param b the other end, which rounding may reach
     */
    public double uniform(double a, double b) {
        return a + (b - a) * random();
    }

    /**
     * Returns what {@code random.randrange(n)} returns, a number from 0 to n - 1, without the bias
     * of a remainder: as many bits as n has are drawn again while they are not below n.
     */
    int randBelow(int n) {
        int r;
        do {
            r = words.next() >>> Integer.numberOfLeadingZeros(n);
        } while (r >= n);
        return r;
    }

    /**
     * Puts numbers into the order that {@code random.shuffle(list)} gives a list, in place.
     *
     * @param numbers the numbers
     */
    public void shuffle(int[] numbers) {
        MersenneTwister.shuffle(numbers, i -> randBelow(i + 1));
    }
}
