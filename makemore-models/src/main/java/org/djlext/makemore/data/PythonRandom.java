/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.util.Collections;
import java.util.List;

/**
 * Python's {@code random} module, number for number: the same seed gives what CPython 3.11 gives.
 *
 * <p>The lectures split the names with {@code random.seed(42); random.shuffle(words)} and draw
 * micrograd's parameters with {@code random.uniform(-1, 1)}. To compare with their published losses
 * one needs their very splits and parameters.
 *
 * <p>The generator is MT19937: 624 words of 32 bits, x[k+624] = x[k+397] ^ A(upper bit of x[k],
 * lower 31 bits of x[k+1]), each word tempered by shifts before it is given out (Matsumoto and
 * Nishimura, "Mersenne Twister", 1998). An instance is for one thread.
 */
public final class PythonRandom {

    private static final int N = 624;
    private static final int M = 397;
    private static final int UPPER_BIT = 0x80000000;
    private static final int LOWER_BITS = 0x7fffffff;
    private static final int TWIST = 0x9908b0df;

    private final int[] state = new int[N];
    private int next = N;

    /**
     * Starts like {@code random.seed(seed)}, which takes the absolute value of an integer.
     *
     * @param seed the seed
     */
    public PythonRandom(long seed) {
        long magnitude = Math.abs(seed);
        int low = (int) magnitude;
        int high = (int) (magnitude >>> 32);
        initByArray(high == 0 ? new int[] {low} : new int[] {low, high});
    }

    private void initByKnuth(int seed) {
        state[0] = seed;
        for (int i = 1; i < N; i++) {
            int before = state[i - 1];
            state[i] = 1812433253 * (before ^ (before >>> 30)) + i;
        }
    }

    // Python never seeds with a bare word: even a small seed goes in as an array of one.
    private void initByArray(int[] key) {
        initByKnuth(19650218);
        int i = 1;
        int j = 0;
        for (int k = Math.max(N, key.length); k > 0; k--) {
            int before = state[i - 1];
            state[i] = (state[i] ^ ((before ^ (before >>> 30)) * 1664525)) + key[j] + j;
            i++;
            j = (j + 1) % key.length;
            if (i == N) {
                state[0] = state[N - 1];
                i = 1;
            }
        }
        for (int k = N - 1; k > 0; k--) {
            int before = state[i - 1];
            state[i] = (state[i] ^ ((before ^ (before >>> 30)) * 1566083941)) - i;
            i++;
            if (i == N) {
                state[0] = state[N - 1];
                i = 1;
            }
        }
        state[0] = UPPER_BIT;
        next = N;
    }

    private void refill() {
        for (int k = 0; k < N; k++) {
            int y = (state[k] & UPPER_BIT) | (state[(k + 1) % N] & LOWER_BITS);
            state[k] = state[(k + M) % N] ^ (y >>> 1) ^ ((y & 1) == 0 ? 0 : TWIST);
        }
        next = 0;
    }

    /**
     * Returns the next word of the generator.
     *
     * @return 32 random bits
     */
    public int nextInt32() {
        if (next == N) {
            refill();
        }
        int y = state[next++];
        y ^= y >>> 11;
        y ^= (y << 7) & 0x9d2c5680;
        y ^= (y << 15) & 0xefc60000;
        return y ^ (y >>> 18);
    }

    /**
     * Returns what {@code random.getrandbits(k)} returns.
     *
     * @param k how many bits, from 0 to 63
     * @return a number from 0 to 2^k - 1
     */
    public long getrandbits(int k) {
        if (k < 0 || k > 63) {
            throw new IllegalArgumentException("getrandbits takes 0 to 63 bits, but got " + k);
        }
        if (k == 0) {
            return 0;
        }
        // The upper bits of each word are used, and the first word is the lowest of the result.
        if (k <= 32) {
            return Integer.toUnsignedLong(nextInt32()) >>> (32 - k);
        }
        long low = Integer.toUnsignedLong(nextInt32());
        long high = Integer.toUnsignedLong(nextInt32()) >>> (64 - k);
        return high << 32 | low;
    }

    /**
     * Returns what {@code random.random()} returns: 53 random bits, divided by 2^53.
     *
     * @return a number in [0, 1)
     */
    public double random() {
        int a = nextInt32() >>> 5;
        int b = nextInt32() >>> 6;
        return (a * 67108864.0 + b) * (1.0 / 9007199254740992.0);
    }

    /**
     * Returns what {@code random.uniform(a, b)} returns: {@code a + (b - a) * random()}.
     *
     * @param a one end of the range
     * @param b the other end, which rounding may reach
     * @return a number between the two
     */
    public double uniform(double a, double b) {
        return a + (b - a) * random();
    }

    /**
     * Returns what {@code random.randrange(n)} returns, without the bias of a remainder: as many
     * bits as n has, drawn again while they are not below n.
     *
     * @param n the number of outcomes, at least 1
     * @return a number from 0 to n - 1
     */
    public int randBelow(int n) {
        if (n < 1) {
            throw new IllegalArgumentException("randBelow takes a positive bound, but got " + n);
        }
        int bits = Integer.SIZE - Integer.numberOfLeadingZeros(n);
        long r = getrandbits(bits);
        while (r >= n) {
            r = getrandbits(bits);
        }
        return (int) r;
    }

    /**
     * Puts a list into the order that {@code random.shuffle(list)} gives it, in place.
     *
     * @param <T> the type of the elements
     * @param list a list whose elements can be set
     */
    public <T> void shuffle(List<T> list) {
        for (int i = list.size() - 1; i >= 1; i--) {
            Collections.swap(list, i, randBelow(i + 1));
        }
    }
}
