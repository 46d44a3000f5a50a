/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import java.util.function.IntUnaryOperator;

/**
 * The generator below Python's and NumPy's legacy random numbers, MT19937.
 *
 * <p>624 words of 32 bits, x[k+624] = x[k+397] ^ A(upper bit of x[k], lower 31 bits of x[k+1]),
 * each word tempered by shifts before it is given out (Matsumoto and Nishimura, "Mersenne Twister",
 * 1998).
 */
final class MersenneTwister {

    private static final int N = 624;
    private static final int M = 397;
    private static final int UPPER_BIT = 0x80000000;
    private static final int LOWER_BITS = 0x7fffffff;
    private static final int TWIST = 0x9908b0df;

    private final int[] state = new int[N];
    private int next = N;

    /** Starts from a word, as NumPy's {@code seed} does. */
    MersenneTwister(int seed) {
        state[0] = seed;
        for (int i = 1; i < N; i++) {
            int before = state[i - 1];
            state[i] = 1812433253 * (before ^ (before >>> 30)) + i;
        }
    }

    /** Starts from an array, as Python does: even a small seed goes in as an array of one. */
    static MersenneTwister seededByArray(int... key) {
        MersenneTwister twister = new MersenneTwister(19650218);
        twister.mixIn(key);
        return twister;
    }

    private void mixIn(int[] key) {
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
    }

    private void refill() {
        for (int k = 0; k < N; k++) {
            int y = (state[k] & UPPER_BIT) | (state[(k + 1) % N] & LOWER_BITS);
            state[k] = state[(k + M) % N] ^ (y >>> 1) ^ ((y & 1) == 0 ? 0 : TWIST);
        }
        next = 0;
    }

    /** Returns the next 32 bits. */
    int next() {
        if (next == N) {
            refill();
        }
        int y = state[next++];
        y ^= y >>> 11;
        y ^= (y << 7) & 0x9d2c5680;
        y ^= (y << 15) & 0xefc60000;
        return y ^ (y >>> 18);
    }

    /** Returns a number in [0, 1): 53 random bits, divided by 2^53. */
    double nextDouble() {
        int a = next() >>> 5;
        int b = next() >>> 6;
        return (a * 67108864.0 + b) * (1.0 / 9007199254740992.0);
    }

    /** Lets each number, the last first, change places with one up to it, which is drawn. */
    static void shuffle(int[] numbers, IntUnaryOperator drawnUpTo) {
        for (int i = numbers.length - 1; i >= 1; i--) {
            int drawn = drawnUpTo.applyAsInt(i);
            int last = numbers[i];
            numbers[i] = numbers[drawn];
            numbers[drawn] = last;
        }
    }
}
