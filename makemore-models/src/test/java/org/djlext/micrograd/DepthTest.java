/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Graphs of a million nodes, one below the other and side by side. */
class DepthTest {

    private static final int MILLION = 1_000_000;
    // The best of these counts: the machine may be busy with something else.
    private static final int ATTEMPTS = 3;

    @Test
    void aChainOfAMillionNodesGoesBackwardInUnderASecond() {
        assertQuick(
                "a chain",
                () -> {
                    Value x = new Value(1);
                    Value y = x;
                    for (int i = 0; i < MILLION; i++) {
                        y = y.neg();
                    }
                    assertEquals(1, y.data);
                    long millis = millis(y::backward);
                    assertEquals(1, x.grad);
                    return millis;
                });
    }

    @Test
    void aSumOfAMillionTermsGoesBackwardInUnderASecond() {
        assertQuick(
                "a sum",
                () -> {
                    Value[] terms = new Value[MILLION];
                    Value sum = new Value(0);
                    for (int i = 0; i < MILLION; i++) {
                        terms[i] = new Value(i);
                        sum = sum.add(terms[i]);
                    }
                    assertEquals(499_999_500_000.0, sum.data);
                    long millis = millis(sum::backward);
                    for (Value term : terms) {
                        assertEquals(1, term.grad);
                    }
                    return millis;
                });
    }

    @Test
    void oneNodeMayBeUsedAMillionTimes() {
        Value x = new Value(3);
        Value sum = new Value(0);
        for (int i = 0; i < MILLION; i++) {
            sum = sum.add(x);
        }
        sum.backward();
        assertEquals(MILLION, x.grad);
    }

    private static void assertQuick(String what, LongSupplier millis) {
        long best = LongStream.generate(millis).limit(ATTEMPTS).min().orElseThrow();
        assertTrue(best < 1000, what + " took " + best + " ms");
    }

    private static long millis(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return Duration.ofNanos(System.nanoTime() - start).toMillis();
    }
}
