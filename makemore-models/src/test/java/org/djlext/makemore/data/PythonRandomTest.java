/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonObject;
import java.util.stream.IntStream;
import org.djlext.testing.Golden;
import org.junit.jupiter.api.Test;

/** Compares the generator with streams that CPython printed, bit for bit. */
class PythonRandomTest {

    private final JsonObject golden = Golden.read("/golden/python_random.json");

    @Test
    void wordsAreCPythons() {
        MersenneTwister words = MersenneTwister.seededByArray(42);
        assertArrayEquals(
                numbers("getrandbits32"),
                IntStream.range(0, 20)
                        .mapToDouble(i -> Integer.toUnsignedLong(words.next()))
                        .toArray());
    }

    @Test
    void doublesAreCPythons() {
        PythonRandom random = new PythonRandom(42);
        assertArrayEquals(
                numbers("random"),
                IntStream.range(0, 10).mapToDouble(i -> random.random()).toArray());
        PythonRandom uniform = new PythonRandom(42);
        assertArrayEquals(
                numbers("uniform"),
                IntStream.range(0, 10).mapToDouble(i -> uniform.uniform(-1, 1)).toArray());
    }

    @Test
    void theStateIsRefilledAsInCPython() {
        PythonRandom random = new PythonRandom(42);
        double last = 0;
        for (int i = 0; i < 2000; i++) {
            last = random.random();
        }
        assertEquals(golden.get("random2000th").getAsDouble(), last);
    }

    @Test
    void negativeAndLargeSeedsAreTakenAsPythonTakesThem() {
        JsonObject seeds = golden.getAsJsonObject("otherSeeds");
        assertEquals(5, seeds.size());
        for (String seed : seeds.keySet()) {
            PythonRandom random = new PythonRandom(Long.parseLong(seed));
            assertArrayEquals(
                    Golden.numbers(seeds.get(seed)),
                    new double[] {random.random(), random.random(), random.random()},
                    "seed " + seed);
        }
    }

    @Test
    void boundedNumbersAndShufflesAreCPythons() {
        PythonRandom random = new PythonRandom(42);
        assertArrayEquals(
                numbers("randrange7"),
                IntStream.range(0, 20).mapToDouble(i -> random.randBelow(7)).toArray());
        int[] numbers = IntStream.range(0, 10).toArray();
        new PythonRandom(42).shuffle(numbers);
        assertArrayEquals(
                numbers("shuffledRange10"), IntStream.of(numbers).asDoubleStream().toArray());
    }

    private double[] numbers(String key) {
        return Golden.numbers(golden.get(key));
    }
}
