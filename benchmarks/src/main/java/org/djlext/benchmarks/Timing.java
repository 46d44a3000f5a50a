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

    // Until the compiler of the JVM is done with what takes microseconds: it runs on the same core.
    private static final double WARM_UP_SECONDS = 10;

    private final double[][] seconds; // of each round, of each action

    private Timing(double[][] seconds) {
        this.seconds = seconds;
    }

    /** Runs some rounds to warm up, and then so many rounds of all, each action repeated. */
    static Timing of(int rounds, int repeats, List<Runnable> actions) {
        double warm = 0;
        while (warm < WARM_UP_SECONDS) {
            warm += Arrays.stream(round(repeats, actions)).sum() * repeats;
        }
        double[][] seconds = new double[rounds][];
        for (int r = 0; r < rounds; r++) {
            seconds[r] = round(repeats, actions);
        }
        return new Timing(seconds);
    }

    private static double[] round(int repeats, List<Runnable> actions) {
        double[] seconds = new double[actions.size()];
        for (int a = 0; a < seconds.length; a++) {
            long start = System.nanoTime();
            for (int i = 0; i < repeats; i++) {
                actions.get(a).run();
            }
            seconds[a] = (System.nanoTime() - start) / 1e9 / repeats;
        }
        return seconds;
    }

    /** The median time of an action in seconds. */
    double median(int action) {
        double[] sorted = Arrays.stream(seconds).mapToDouble(r -> r[action]).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    /** The median, least and largest ratio of two actions' times, round by round. */
    String ratio(int action, int toAction) {
        double[] ratios =
                Arrays.stream(seconds).mapToDouble(r -> r[action] / r[toAction]).sorted().toArray();
        return String.format(
                Locale.ROOT,
                "%.2f (%.2f to %.2f)",
                ratios[ratios.length / 2],
                ratios[0],
                ratios[ratios.length - 1]);
    }
}
