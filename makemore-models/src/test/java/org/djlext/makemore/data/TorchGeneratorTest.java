/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.function.Consumer;
import org.djlext.testing.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The engine's random numbers are those that PyTorch drew. */
class TorchGeneratorTest {

    @ParameterizedTest
    @ValueSource(longs = {2147483647L, 2147483657L, 42, 1337})
    void drawsWhatPyTorchDraws(long seed) {
        JsonObject golden =
                Golden.read("/golden/rng.json")
                        .getAsJsonObject("seeds")
                        .getAsJsonObject(Long.toString(seed));
        try (NDManager manager = NDManager.newBaseManager()) {
            assertArrayEquals(
                    Golden.tensor(manager, golden.get("randn_270 (shape 27x10)")).toFloatArray(),
                    new TorchGenerator(seed).randn(manager, 27, 10).toFloatArray());
            assertArrayEquals(
                    Golden.tensor(manager, golden.get("randn_27 (n not multiple of 16)"))
                            .toFloatArray(),
                    new TorchGenerator(seed).randn(manager, 27).toFloatArray());
            assertArrayEquals(
                    Golden.tensor(manager, golden.get("randint_0_182625_x64")).toLongArray(),
                    new TorchGenerator(seed).randint(manager, 182625, 64));
            assertArrayEquals(
                    Golden.tensor(manager, golden.get("rand_50")).toFloatArray(),
                    new TorchGenerator(seed).rand(manager, 50).toFloatArray());
        }
    }

    @Test
    void multinomialFollowsTheProbabilities() {
        try (NDManager manager = NDManager.newBaseManager()) {
            TorchGenerator generator = new TorchGenerator(7);
            float[] probs = {0.1f, 0, 0.6f, 0.3f};
            int[] counts = new int[4];
            for (int i = 0; i < 10_000; i++) {
                counts[generator.multinomial(manager, probs)]++;
            }
            for (int i = 0; i < 4; i++) {
                // Four standard deviations of a binomial count are below 200.
                assertEquals(10_000 * probs[i], counts[i], 200);
            }
            assertEquals(0, counts[1]);
        }
    }

    @Test
    void multinomialWithReplacementTakesWeightsAndRefusesOthers() {
        try (NDManager manager = NDManager.newBaseManager()) {
            TorchGenerator generator = new TorchGenerator(7);
            float[] weights = {1, 0, 6, 3};
            int[] counts = new int[4];
            for (int drawn : generator.multinomialWithReplacement(manager, weights, 10_000)) {
                counts[drawn]++;
            }
            for (int i = 0; i < 4; i++) {
                assertEquals(1000 * weights[i], counts[i], 200);
            }
            assertEquals(0, counts[1]);
            for (Consumer<float[]> draw :
                    List.<Consumer<float[]>>of(
                            bad -> generator.multinomialWithReplacement(manager, bad, 1),
                            bad -> generator.multinomial(manager, bad))) {
                assertRefused(
                        "multinomial takes weights that are finite and not negative, but weight 1"
                                + " is NaN",
                        () -> draw.accept(new float[] {1, Float.NaN}));
                assertRefused(
                        "multinomial takes weights of which one is positive, but got 2 zeros",
                        () -> draw.accept(new float[] {0, 0}));
            }
        }
    }
}
