/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * How things are timed in turns, A B C A B C, so that what the machine does besides falls on all of
 * them: the options of most benchmarks.
 */
@SuppressWarnings("NullAway.Init") // picocli sets the spec
final class Turns {

    // Until the compiler of the JVM is done with what takes microseconds: it runs on the same core.
    private static final long WARM_UP_NANOS = 10_000_000_000L;

    private static final int PART = 10; // of the work, in a quick run

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    private int rounds = 7;

    @Option(names = "--quick")
    private boolean quick;

    @Option(names = "--rounds", defaultValue = "7")
    void setRounds(int rounds) {
        if (rounds < 1) {
            throw new ParameterException(
                    spec.commandLine(), "--rounds must be at least 1, but is " + rounds);
        }
        this.rounds = rounds;
    }

    int rounds() {
        return quick ? 1 : rounds;
    }

    boolean isQuick() {
        return quick;
    }

    /** Returns how many of some steps are done: all, or a part of them in a quick run. */
    int part(int steps) {
        return quick ? Math.max(2, steps / PART) : steps;
    }

    /**
     * Runs rounds for some seconds to warm up, and then those that count.
     *
     * @param things each does its work and returns how many seconds it took
     */
    Timing time(List<DoubleSupplier> things) {
        long start = System.nanoTime();
        while (!quick && System.nanoTime() - start < WARM_UP_NANOS) {
            round(things);
        }
        return new Timing(
                Stream.generate(() -> round(things)).limit(rounds()).toArray(double[][]::new));
    }

    private static double[] round(List<DoubleSupplier> things) {
        return things.stream().mapToDouble(DoubleSupplier::getAsDouble).toArray();
    }
}
