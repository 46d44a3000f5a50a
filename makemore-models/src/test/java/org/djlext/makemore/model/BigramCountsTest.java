/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import com.google.gson.JsonObject;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Contexts;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.sample.BigramSampler;
import org.djlext.makemore.testing.LectureNames;
import org.djlext.testing.ArrayTest;
import org.djlext.testing.Golden;
import org.junit.jupiter.api.Test;

/** The model that counts: names that one can count by hand, and the lectures', as PyTorch does. */
class BigramCountsTest extends ArrayTest {

    private static final CharVocabulary ABC = new CharVocabulary(".abc");
    private static final List<String> NAMES = List.of("ab", "a", "bab");

    private static final long SEED = 2147483647L;
    private static final int COMMON = (1 << 24) + 4;

    private final JsonObject golden = Golden.read("/golden/bigrams.json");

    private BigramCounts model(double smoothing) {
        return BigramCounts.of(manager, NAMES, ABC, smoothing);
    }

    @Test
    void countsAndNormalizesRows() {
        BigramCounts model = model(0);
        float[] n = {0, 2, 1, 0, 1, 0, 2, 0, 2, 1, 0, 0, 0, 0, 0, 0};
        assertArrayEquals(n, model.counts().toFloatArray());
        float[] p = model.probabilities(manager).toFloatArray();
        assertArrayEquals(
                new float[] {
                    0, 2 / 3f, 1 / 3f, 0, 1 / 3f, 0, 2 / 3f, 0, 2 / 3f, 1 / 3f, 0, 0, 0, 0, 0, 0
                },
                p);
    }

    @Test
    void countsGoOnWhereAFloatPlusOneStays() {
        BigramCounts model = BigramCounts.of(manager, Collections.nCopies(COMMON, "a"), ABC, 0);
        assertEquals(COMMON, model.counts().getFloat(0, 1));
        assertEquals(COMMON, model.counts().getFloat(1, 0));
    }

    @Test
    void aNameWithTheSignOfItsEndIsRefused() {
        for (Consumer<List<String>> use :
                List.<Consumer<List<String>>>of(
                        names -> BigramCounts.of(manager, names, ABC, 0), model(0)::likelihood)) {
            assertRefused(
                    "'.' stands for the start and the end of a name, so it cannot be in \"a.b\"",
                    () -> use.accept(List.of("a.b")));
        }
    }

    @Test
    void smoothingAddsFakeCounts() {
        BigramCounts smooth = model(0).withSmoothing(1);
        float[] p = smooth.probabilities(manager).toFloatArray();
        float[] first = {1 / 7f, 3 / 7f, 2 / 7f, 1 / 7f, 2 / 7f, 1 / 7f, 3 / 7f, 1 / 7f};
        for (int i = 0; i < first.length; i++) {
            assertEquals(first[i], p[i]);
        }
        assertArrayEquals(model(0).counts().toFloatArray(), smooth.counts().toFloatArray());
        float[] even = model(1e6).probabilities(manager).toFloatArray();
        for (float each : even) {
            assertEquals(0.25, each, 1e-6);
        }
        assertArrayEquals(
                new float[] {0.25f, 0.25f, 0.25f, 0.25f},
                BigramCounts.uniform(manager, ABC).probabilities(manager).get(2).toFloatArray());
        assertRefused("smoothing must be 0 or more, but got NaN", () -> model(Double.NaN));
    }

    @Test
    void whatWasNeverSeenIsInfinitelyUnlikely() {
        Likelihood unseen = model(0).likelihood(List.of("ac"));
        assertEquals(
                List.of(".a", "ac", "c."),
                unseen.bigrams().stream().map(Likelihood.Bigram::text).toList());
        assertEquals(0, unseen.product());
        assertEquals(Float.NEGATIVE_INFINITY, unseen.logLikelihood());
        assertEquals(Double.POSITIVE_INFINITY, unseen.averageNll());
        assertTrue(model(1).likelihood(List.of("ac")).averageNll() < 2);
    }

    @Test
    void likelihoodIsTheProductOfProbabilities() {
        Likelihood likelihood = model(0).likelihood(List.of("bab"));
        assertEquals(1 / 3.0 * 1 / 3 * 2 / 3 * 2 / 3, likelihood.product(), 1e-8);
        assertEquals(Math.log(likelihood.product()), likelihood.logLikelihood(), 1e-6);
        assertEquals(-likelihood.logLikelihood() / 4, likelihood.averageNll(), 1e-6);
    }

    @Test
    void useLeavesNothingInTheManagerOfTheCounts() {
        BigramCounts model = model(1);
        int before = manager.getManagedArrays().size();
        try (NDManager inner = manager.newSubManager()) {
            model.probabilities(inner);
            model.likelihood(NAMES);
        }
        assertEquals(before, manager.getManagedArrays().size());
    }

    @Test
    void samplesFollowTheTable() {
        // After 'a' comes 'b' in 2 of 3 cases, and no name has a 'c'.
        BigramSampler sampler = new BigramSampler(ABC, model(0).probabilities(manager));
        List<String> names = sampler.names(manager, new TorchGenerator(1), 3000);
        assertTrue(names.stream().allMatch(name -> name.matches("(ab|ba|a(?!a)|b(?!b))*[ab]?\\.")));
        long startingWithA = names.stream().filter(name -> name.startsWith("a")).count();
        assertEquals(2000, (double) startingWithA, 110); // four standard deviations
        assertThrows(
                IllegalArgumentException.class,
                () -> new BigramSampler(CharVocabulary.LETTERS, model(0).counts()));
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
        Examples examples = Contexts.of(names, 1, CharVocabulary.LETTERS);
        assertEquals(golden.get("num_bigrams").getAsInt(), examples.size());
        Examples.Batch first = examples.slice(manager, 0, 20);
        assertArrayEquals(numbers("first20_xs"), doubles(first.x()));
        assertArrayEquals(numbers("first20_ys"), doubles(first.y()));
    }

    private double[] numbers(String key) {
        return Golden.numbers(golden.get(key));
    }

    private static double[] doubles(NDArray array) {
        return array.toType(DataType.FLOAT64, false).toDoubleArray();
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
                String nll = words.getAsJsonObject(word).get("smooth" + smoothing).getAsString();
                assertEquals(
                        nll.equals("inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(nll),
                        model.likelihood(List.of(word)).averageNll(),
                        1e-6);
            }
            assertEquals(
                    Golden.strings(
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
        assertArrayEquals(
                Golden.numbers(want.get("samples")),
                IntStream.of(drawn).asDoubleStream().toArray());
    }
}
