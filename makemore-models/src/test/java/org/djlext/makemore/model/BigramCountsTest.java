/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import static org.djlext.testing.Failures.assertFails;
import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.sample.BigramSampler;
import org.djlext.nn.CrossEntropyLoss;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;

/** The model that counts, on names that one can count by hand. */
class BigramCountsTest extends ArrayTest {

    private static final CharVocabulary ABC = new CharVocabulary(".abc");
    private static final List<String> NAMES = List.of("ab", "a", "bab");

    private BigramCounts model(double smoothing) {
        return BigramCounts.of(manager, NAMES, ABC, smoothing);
    }

    private NDArray forward(BigramCounts model, NDArray index) {
        ParameterStore parameters = new ParameterStore(manager, false);
        return model.forward(parameters, new NDList(index), false).singletonOrThrow();
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
        model.count(List.of("c"));
        n[3]++;
        n[12]++;
        assertArrayEquals(n, model.counts().toFloatArray());
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
    }

    @Test
    void crossEntropyOfTheOutputIsTheNegativeLogLikelihood() {
        BigramCounts model = model(0.5);
        NDArray x = manager.create(new long[] {0, 2, 0, 1}, new Shape(2, 2));
        NDArray y = manager.create(new long[] {2, 0, 1, 0}, new Shape(2, 2));
        NDArray logits = forward(model, x);
        assertEquals(new Shape(2, 2, 4), logits.getShape());
        assertEquals(logits.getShape(), model.getOutputShapes(new Shape[] {new Shape(2, 2)})[0]);
        float loss = new CrossEntropyLoss().evaluate(new NDList(y), new NDList(logits)).getFloat();
        assertEquals(model.likelihood(List.of("b", "a")).averageNll(), loss, 1e-6);
        // P[.b] = 1.5/5, P[b.] = 2.5/5, P[.a] = 2.5/5, P[a.] = 1.5/5
        assertEquals(-Math.log(0.3 * 0.5 * 0.5 * 0.3) / 4, loss, 1e-6);
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
    void forwardLeavesNothingInTheManagerOfTheCounts() {
        BigramCounts model = model(1);
        int before = manager.getManagedArrays().size();
        try (NDManager inner = manager.newSubManager()) {
            forward(model, inner.create(new long[] {1, 2, 3}));
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

    private static byte[] saved(BigramCounts model) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        model.saveParameters(new DataOutputStream(bytes));
        return bytes.toByteArray();
    }

    private void load(BigramCounts model, byte[] bytes)
            throws IOException, MalformedModelException {
        model.loadParameters(manager, new DataInputStream(new ByteArrayInputStream(bytes)));
    }

    @Test
    void isSavedAndLoaded() throws IOException, MalformedModelException {
        BigramCounts model = model(0.5);
        BigramCounts loaded = new BigramCounts(ABC, 0.5);
        load(loaded, saved(model));
        NDArray index = manager.create(new long[] {0, 3});
        assertEquals(forward(model, index), forward(loaded, index));
        assertEquals(model.counts(), loaded.counts());
    }

    @Test
    void whatDoesNotFitIsRefused() throws IOException {
        byte[] bytes = saved(model(0.5));
        assertFails(
                MalformedModelException.class,
                "the block to load is BigramCounts with characters \".ab\", smoothing 0.5, counts"
                        + " (3, 3), but the saved one is BigramCounts with characters \".abc\","
                        + " smoothing 0.5, counts (4, 4)",
                () -> load(new BigramCounts(new CharVocabulary(".ab"), 0.5), bytes));
        assertFails(
                MalformedModelException.class,
                "the block to load is BigramCounts with characters \".abc\", smoothing 1.0, counts"
                        + " (4, 4), but the saved one is BigramCounts with characters \".abc\","
                        + " smoothing 0.5, counts (4, 4)",
                () -> load(new BigramCounts(ABC, 1), bytes));
        bytes[0] = 7;
        assertFails(
                MalformedModelException.class,
                "BigramCounts reads version 3, but the file has 7",
                () -> load(new BigramCounts(ABC, 0.5), bytes));
        assertRefused(
                "smoothing must be 0 or more, but got NaN",
                () -> new BigramCounts(ABC, Double.NaN));
    }

    @Test
    void initializedCountsAreZero() {
        BigramCounts model = new BigramCounts(ABC, 0);
        model.initialize(manager, DataType.FLOAT32, new Shape(8));
        assertArrayEquals(new float[16], model.counts().toFloatArray());
    }
}
