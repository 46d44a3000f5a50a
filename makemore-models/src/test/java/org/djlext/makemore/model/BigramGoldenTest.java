/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.types.DataType;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.stream.StreamSupport;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Contexts;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.sample.BigramSampler;
import org.djlext.makemore.testing.LectureNames;
import org.djlext.testing.ArrayTest;
import org.djlext.testing.Golden;
import org.junit.jupiter.api.Test;

/** Counting in the lectures' names, against PyTorch's figures. */
class BigramGoldenTest extends ArrayTest {

    private static final long SEED = 2147483647L;

    private final JsonObject golden = Golden.read("/golden/bigrams.json");

    private static List<String> strings(JsonElement array) {
        return StreamSupport.stream(array.getAsJsonArray().spliterator(), false)
                .map(JsonElement::getAsString)
                .toList();
    }

    @Test
    void countsAreTheLectures() {
        List<String> names = LectureNames.all();
        assertEquals(golden.get("num_names").getAsInt(), names.size());
        BigramCounts model = BigramCounts.of(manager, names, CharVocabulary.LETTERS, 0);
        assertArrayEquals(
                Golden.tensor(manager, golden.get("N")).toIntArray(),
                model.counts().toType(DataType.INT32, false).toIntArray());
        assertEquals(228146, model.counts().sum().getFloat());
        Contexts examples = Contexts.of(names, 1, CharVocabulary.LETTERS);
        assertEquals(golden.get("num_bigrams").getAsInt(), examples.size());
        assertLongs(
                golden.getAsJsonArray("first20_xs"),
                examples.slice(manager, 0, 20).x().toLongArray());
        assertLongs(
                golden.getAsJsonArray("first20_ys"),
                examples.slice(manager, 0, 20).y().toLongArray());
    }

    private static void assertLongs(JsonArray expected, long[] actual) {
        assertEquals(expected.size(), actual.length);
        for (int i = 0; i < actual.length; i++) {
            assertEquals(expected.get(i).getAsLong(), actual[i]);
        }
    }

    @Test
    void probabilitiesAndLossesArePyTorchs() {
        List<String> names = LectureNames.all();
        for (int smoothing = 0; smoothing <= 1; smoothing++) {
            JsonObject want = golden.getAsJsonObject("nll").getAsJsonObject("smooth_" + smoothing);
            BigramCounts model = BigramCounts.of(manager, names, CharVocabulary.LETTERS, smoothing);
            assertArrayEquals(
                    Golden.tensor(manager, want.get("P")).toFloatArray(),
                    model.probabilities(manager).toFloatArray());
            Likelihood all = model.likelihood(names);
            assertEquals(228146, all.bigrams().size());
            assertEquals(want.get("float64_avg_nll").getAsDouble(), all.averageNll(), 2e-8);
            assertEquals(
                    want.get("float32_sequential_log_likelihood").getAsFloat(),
                    all.logLikelihood());
            JsonObject words = golden.getAsJsonObject("nll_words_avg");
            for (String word : List.of("andrej", "andrejq")) {
                assertEquals(
                        words.getAsJsonObject(word)
                                        .get("smooth" + smoothing)
                                        .getAsString()
                                        .equals("inf")
                                ? Double.POSITIVE_INFINITY
                                : words.getAsJsonObject(word)
                                        .get("smooth" + smoothing)
                                        .getAsDouble(),
                        model.likelihood(List.of(word)).averageNll(),
                        1e-6);
            }
            assertEquals(
                    strings(
                            golden.getAsJsonObject("samples")
                                    .getAsJsonObject("smooth" + smoothing)
                                    .get("torch_1.13_debian")),
                    new BigramSampler(CharVocabulary.LETTERS, model.probabilities(manager))
                            .names(manager, new TorchGenerator(SEED), 10));
        }
        Likelihood three =
                BigramCounts.of(manager, names, CharVocabulary.LETTERS, 0)
                        .likelihood(names.subList(0, 3));
        assertEquals(-38.785637, three.logLikelihood(), 1e-5);
        assertEquals(2.4241023175, three.averageNll(), 1e-6);
    }

    @Test
    void drawsWithReplacementArePyTorchs() {
        JsonObject want =
                golden.getAsJsonObject("samples").getAsJsonObject("rand3_then_multinomial100");
        TorchGenerator generator = new TorchGenerator(SEED);
        float[] p = generator.rand(manager, 3).toFloatArray();
        float sum = p[0] + p[1] + p[2];
        for (int i = 0; i < p.length; i++) {
            p[i] /= sum;
        }
        assertArrayEquals(Golden.tensor(manager, want.get("p")).toFloatArray(), p);
        int[] drawn = generator.multinomialWithReplacement(manager, p, 100);
        JsonArray samples = want.getAsJsonArray("samples");
        for (int i = 0; i < drawn.length; i++) {
            assertEquals(samples.get(i).getAsInt(), drawn[i], "draw " + i);
        }
    }
}
