/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.djlext.micrograd.Value;

/** Times backward over a chain of a million nodes and over a sum of a million terms. */
final class MillionNodes {

    private static final int MILLION = 1_000_000;

    private MillionNodes() {}

    static void report(PrintWriter out, int rounds) {
        time(out, "a chain of 1,000,000 nodes", rounds, MillionNodes::chain);
        time(out, "a sum of 1,000,000 terms", rounds, MillionNodes::sum);
    }

    private static Value chain() {
        Value y = new Value(1);
        for (int i = 0; i < MILLION; i++) {
            y = y.tanh();
        }
        return y;
    }

    private static Value sum() {
        Value sum = new Value(0);
        for (int i = 0; i < MILLION; i++) {
            sum = sum.add(new Value(i));
        }
        return sum;
    }

    // Each round has a graph of its own: one that is walked for the first time.
    private static void time(PrintWriter out, String name, int rounds, Supplier<Value> graph) {
        List<Double> seconds = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            Value root = graph.get();
            long start = System.nanoTime();
            root.backward();
            seconds.add((System.nanoTime() - start) / 1e9);
        }
        out.printf(
                Locale.ROOT,
                "backward over %s: %.0f ms (%.0f to %.0f)%n",
                name,
                1e3 * MicrogradBenchmark.median(seconds),
                1e3 * Collections.min(seconds),
                1e3 * Collections.max(seconds));
    }
}
