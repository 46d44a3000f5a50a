/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleSupplier;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * Times of several things that are run in turns, A B C A B C, so that what the machine does besides
 * falls on all of them.
 */
final class Timing {

    // Until the compiler of the JVM is done with what takes microseconds: it runs on the same core.
    private static final double WARM_UP_SECONDS = 10;

    private static final double ROUND_SECONDS = 0.05;
    private static final int AT_ONCE = 10; // a call has costs of its own

    private final double[][] seconds; // of each round, of each action

    private Timing(double[][] seconds) {
        this.seconds = seconds;
    }

    /** Runs some rounds to warm up, and then so many rounds of all. */
    static Timing of(int rounds, Runnable... actions) {
        return ofSeconds(
                rounds,
                WARM_UP_SECONDS,
                Arrays.stream(actions).map(a -> seconds(System::nanoTime, 1, a)).toList());
    }

    /** Runs so many rounds of all sides. */
    static Timing ofSides(int rounds, List<Side> sides) {
        return ofSeconds(
                rounds, 0, sides.stream().<DoubleSupplier>map(side -> side::seconds).toList());
    }

    /**
     * Runs some rounds to warm up, and then so many rounds of all.
     *
     * @param actions each returns how many seconds it took
     */
    static Timing ofSeconds(int rounds, double warmUpSeconds, List<DoubleSupplier> actions) {
        for (double warm = 0; warm < warmUpSeconds; ) {
            warm += Arrays.stream(round(actions)).sum();
        }
        return new Timing(
                Stream.generate(() -> round(actions)).limit(rounds).toArray(double[][]::new));
    }

    /**
     * Times what may be too short for a reading of the clock: each action is repeated until the
     * JVM's compiler has seen it, and then in each round as often as fits into a twentieth of a
     * second.
     *
     * @param warmUpSeconds how long each action is repeated first
     * @param actions each does its work as often as it is told
     */
    static Timing ofRepeated(int rounds, double warmUpSeconds, List<IntConsumer> actions) {
        return ofSeconds(
                rounds,
                0,
                actions.stream()
                        .<DoubleSupplier>map(
                                action -> {
                                    int times = timesOfARound(warmUpSeconds, action);
                                    return () -> seconds(action, times);
                                })
                        .toList());
    }

    private static int timesOfARound(double warmUpSeconds, IntConsumer action) {
        double spent = 0;
        double last = 0;
        do {
            last = seconds(action, AT_ONCE);
            spent += AT_ONCE * last;
        } while (spent < warmUpSeconds);
        return (int) Math.max(1, ROUND_SECONDS / last);
    }

    private static double seconds(IntConsumer action, int times) {
        long start = System.nanoTime();
        action.accept(times);
        return (System.nanoTime() - start) / 1e9 / times;
    }

    private static double[] round(List<DoubleSupplier> actions) {
        return actions.stream().mapToDouble(DoubleSupplier::getAsDouble).toArray();
    }

    /** Returns what runs an action so many times, and says how many seconds one of them took. */
    static DoubleSupplier seconds(LongSupplier nanoseconds, int times, Runnable action) {
        return () -> {
            long start = nanoseconds.getAsLong();
            for (int i = 0; i < times; i++) {
                action.run();
            }
            return (nanoseconds.getAsLong() - start) / 1e9 / times;
        };
    }

    /** The median time of an action in seconds. */
    double median(int action) {
        return median(of(action));
    }

    /** The median, least and largest ratio of two actions' times, round by round. */
    String ratio(int action, int toAction) {
        return ratio("%.2f", action, toAction);
    }

    String ratio(String format, int action, int toAction) {
        return spread(format, ratios(of(action), of(toAction)));
    }

    /** The median, least and largest time of an action, in units of which so many are a second. */
    String spread(String format, int action, double unitsPerSecond) {
        double[] times = of(action);
        Arrays.setAll(times, i -> unitsPerSecond * times[i]);
        return spread(format, times);
    }

    private double[] of(int action) {
        return Arrays.stream(seconds).mapToDouble(r -> r[action]).toArray();
    }

    static double median(double[] values) {
        double[] sorted = Arrays.stream(values).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    static double[] ratios(double[] values, double[] toValues) {
        double[] ratios = new double[values.length];
        Arrays.setAll(ratios, i -> values[i] / toValues[i]);
        return ratios;
    }

    /** The median, the least and the largest of some numbers, each in a format such as "%.2f". */
    static String spread(String format, double[] values) {
        double[] sorted = Arrays.stream(values).sorted().toArray();
        return String.format(
                Locale.ROOT,
                format + " (" + format + " to " + format + ")",
                sorted[sorted.length / 2],
                sorted[0],
                sorted[sorted.length - 1]);
    }
}
