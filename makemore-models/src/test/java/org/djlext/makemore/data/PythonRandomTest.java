/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.djlext.testing.Golden;
import org.junit.jupiter.api.Test;

/** Compares the generator with streams that CPython printed, bit for bit. */
class PythonRandomTest {

    private final JsonObject golden = Golden.read("/golden/python_random.json");

    @Test
    void wordsAreCPythons() {
        MersenneTwister words = MersenneTwister.seededByArray(42);
        assertArrayEquals(
                longs("getrandbits32"),
                IntStream.range(0, 20)
                        .mapToLong(i -> Integer.toUnsignedLong(words.next()))
                        .toArray());
    }

    @Test
    void doublesAreCPythons() {
        PythonRandom random = new PythonRandom(42);
        assertArrayEquals(
                doubles(golden.getAsJsonArray("random")),
                IntStream.range(0, 10).mapToDouble(i -> random.random()).toArray());
        PythonRandom uniform = new PythonRandom(42);
        assertArrayEquals(
                doubles(golden.getAsJsonArray("uniform")),
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
                    doubles(seeds.getAsJsonArray(seed)),
                    new double[] {random.random(), random.random(), random.random()},
                    "seed " + seed);
        }
    }

    @Test
    void boundedNumbersAndShufflesAreCPythons() {
        PythonRandom random = new PythonRandom(42);
        assertArrayEquals(
                longs("randrange7"),
                IntStream.range(0, 20).mapToLong(i -> random.randBelow(7)).toArray());
        int[] numbers = IntStream.range(0, 10).toArray();
        new PythonRandom(42).shuffle(numbers);
        assertArrayEquals(longs("shuffledRange10"), IntStream.of(numbers).asLongStream().toArray());
    }

    private long[] longs(String key) {
        return StreamSupport.stream(golden.getAsJsonArray(key).spliterator(), false)
                .mapToLong(e -> e.getAsLong())
                .toArray();
    }

    private static double[] doubles(JsonArray array) {
        return StreamSupport.stream(array.spliterator(), false)
                .mapToDouble(e -> e.getAsDouble())
                .toArray();
    }
}
