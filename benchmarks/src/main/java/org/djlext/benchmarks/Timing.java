/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Times of several things that are run in turns, A B C A B C, so that what the machine does besides
 * falls on all of them.
 */
final class Timing {

    private final double[][] seconds;

    private Timing(double[][] seconds) {
        this.seconds = seconds;
    }

    /** Runs each action once to warm up, and then so many rounds of all, each action repeated. */
    static Timing of(int rounds, int repeats, List<Runnable> actions) {
        double[][] seconds = new double[actions.size()][rounds];
        for (int round = -1; round < rounds; round++) {
            for (int a = 0; a < actions.size(); a++) {
                long start = System.nanoTime();
                for (int i = 0; i < repeats; i++) {
                    actions.get(a).run();
                }
                if (round >= 0) {
                    seconds[a][round] = (System.nanoTime() - start) / 1e9 / repeats;
                }
            }
        }
        return new Timing(seconds);
    }

    /** The median time of an action in seconds. */
    double median(int action) {
        double[] sorted = seconds[action].clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /** The median, least and largest ratio of two actions' times, round by round. */
    String ratio(int action, int toAction) {
        double[] ratios = new double[seconds[action].length];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = seconds[action][i] / seconds[toAction][i];
        }
        Arrays.sort(ratios);
        return String.format(
                Locale.ROOT,
                "%.2f (%.2f to %.2f)",
                ratios[ratios.length / 2],
                ratios[0],
                ratios[ratios.length - 1]);
    }
}
