/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.DoubleSupplier;
import java.util.function.IntConsumer;

/** How many seconds several things took in each of some rounds. */
final class Timing {

    private static final double LONG_ENOUGH = 0.05; // seconds, for a clock that is read twice

    private final double[][] rounds; // the seconds of each thing

    Timing(double[][] rounds) {
        this.rounds = rounds;
    }

    /** Returns what runs an action, and says how many seconds it took. */
    static DoubleSupplier of(Runnable action) {
        return () -> seconds(times -> action.run(), 1);
    }

    /** Returns the same for an action that takes only microseconds. */
    static DoubleSupplier ofShort(Runnable action) {
        return ofRepeated(
                times -> {
                    for (int i = 0; i < times; i++) {
                        action.run();
                    }
                });
    }

    /**
     * Returns what does something as often as fits into a twentieth of a second, and says how many
     * seconds it took on average. How often that is it finds out in the first rounds.
     *
     * @param action does its work as often as it is told
     */
    static DoubleSupplier ofRepeated(IntConsumer action) {
        int[] times = {1};
        return () -> {
            double seconds = seconds(action, times[0]);
            while (seconds * times[0] < LONG_ENOUGH) {
                times[0] *= 2;
                seconds = seconds(action, times[0]);
            }
            return seconds;
        };
    }

    private static double seconds(IntConsumer action, int times) {
        long start = System.nanoTime();
        action.accept(times);
        return secondsSince(start) / times;
    }

    /** Returns how many seconds have passed since {@link System#nanoTime} had a value. */
    static double secondsSince(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    /** The median time of a thing in seconds. */
    double median(int thing) {
        return median(of(thing));
    }

    /** The median, least and largest ratio of two things' times, round by round. */
    String ratio(int thing, int toThing) {
        return ratio("%.2f", thing, toThing);
    }

    String ratio(String format, int thing, int toThing) {
        return spread(
                format, Arrays.stream(rounds).mapToDouble(r -> r[thing] / r[toThing]).toArray());
    }

    /** The median, least and largest time of a thing, in units of which so many are a second. */
    String spread(String format, int thing, double unitsPerSecond) {
        return spread(
                format, Arrays.stream(of(thing)).map(time -> unitsPerSecond * time).toArray());
    }

    private double[] of(int thing) {
        return Arrays.stream(rounds).mapToDouble(round -> round[thing]).toArray();
    }

    static double median(double[] values) {
        return Arrays.stream(values).sorted().toArray()[values.length / 2];
    }

    private static String spread(String format, double[] values) {
        double[] sorted = Arrays.stream(values).sorted().toArray();
        return String.format(
                Locale.ROOT,
                format + " (" + format + " to " + format + ")",
                sorted[sorted.length / 2],
                sorted[0],
                sorted[sorted.length - 1]);
    }
}
