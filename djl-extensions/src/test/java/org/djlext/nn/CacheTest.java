/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.SequentialBlock;
import ai.djl.training.ParameterStore;
import java.util.List;
import org.djlext.autograd.Autograd;
import org.djlext.gradcheck.GradCheck;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;

class CacheTest extends ArrayTest {

    private static final Shape SEQUENCES = new Shape(3, 6, 8);

    private final ParameterStore store = new ParameterStore(manager, false);

    private Sequential attention() {
        Engine.getInstance().setRandomSeed(3);
        Sequential layers =
                new Sequential(
                        List.of(
                                new CausalSelfAttention(8, 2),
                                new CheckpointBlock(new CausalSelfAttention(8, 4))));
        layers.initialize(manager, DataType.FLOAT64, SEQUENCES);
        return layers;
    }

    private NDArray sequences() {
        return manager.randomNormal(0, 1, SEQUENCES, DataType.FLOAT64);
    }

    /** In pieces of every length, with the engine's kernel and without, inside other blocks too. */
    @Test
    void piecesAreTheWhole() {
        Sequential layers = attention();
        NDArray x = sequences();
        NDArray want = layers.call(store, x, false);
        for (int first = 1; first < 6; first++) {
            assertPieces(layers, x, want, first);
            try (Autograd.Scope kernels = Autograd.engineGradients()) {
                assertPieces(layers, x, want, first);
            }
        }
    }

    private void assertPieces(Sequential layers, NDArray x, NDArray want, int first) {
        try (Cache cache = new Cache(manager)) {
            NDArray head = layers.call(store, x.get(":, :" + first), cache);
            assertEquals(first, cache.length());
            NDArray tail = layers.call(store, x.get(":, " + first + ":"), cache);
            assertTrue(head.allClose(want.get(":, :" + first), 1e-12, 1e-12, false));
            assertTrue(tail.allClose(want.get(":, " + first + ":"), 1e-12, 1e-12, false));
            cache.clear();
            assertEquals(0, cache.length());
            assertTrue(layers.call(store, x, cache).allClose(want, 1e-12, 1e-12, false));
        }
    }

    @Test
    void selectedSequencesGoOnFromTheirOwnPast() {
        Sequential layers = attention();
        NDArray x = sequences();
        NDArray rows = manager.create(new long[] {2, 0, 2, 2});
        NDArray chosen = manager.zeros(new Shape(4, 6, 8), DataType.FLOAT64);
        for (int i = 0; i < 4; i++) {
            chosen.set(new ai.djl.ndarray.index.NDIndex(i), x.get(rows.getLong(i)));
        }
        try (Cache cache = new Cache(manager)) {
            layers.call(store, x.get(":, :4"), cache);
            cache.select(rows);
            NDArray got = layers.call(store, chosen.get(":, 4:"), cache);
            NDArray want = layers.call(store, chosen, false).get(":, 4:");
            assertTrue(got.allClose(want, 1e-12, 1e-12, false));
        }
    }

    /** Queries at places of their own see the keys up to there, and so do their gradients. */
    @Test
    void queriesAtPlacesAmongTheKeys() {
        CausalAttentionFunction f = new CausalAttentionFunction();
        NDArray q = random(2, 3);
        NDArray k = random(5, 3);
        NDArray v = random(5, 3);
        NDArray places = manager.create(new long[] {1, 3});
        NDArray y = f.apply(q, k, v, places);
        for (int i = 0; i < 2; i++) {
            String row = i + ":" + (i + 1);
            String seen = ":" + (places.getLong(i) + 1);
            NDArray want = f.apply(q.get(row), k.get(seen), v.get(seen));
            assertTrue(y.get(row).allClose(want, 1e-12, 1e-12, false));
        }
        try (Autograd.Scope kernels = Autograd.engineGradients()) {
            assertTrue(f.apply(q, k, v, places).allClose(y, 1e-12, 1e-12, false));
        }
        List.of(q, k, v).forEach(array -> array.setRequiresGradient(true));
        for (NDArray fourth : new NDArray[] {places, null}) {
            GradCheck.builder()
                    .build()
                    .check(
                            in -> new NDList(f.apply(in.get(0), in.get(1), in.get(2), fourth)),
                            new NDList(q, k, v))
                    .assertPassed();
        }
    }

    /** Only what is kept stays: the arrays of a call belong to the manager of its input. */
    @Test
    void theCacheHoldsNothingElse() {
        Sequential layers = attention();
        try (Cache cache = new Cache(manager)) {
            for (int i = 0; i < 20; i++) {
                try (NDManager step = manager.newSubManager()) {
                    NDArray x = step.zeros(new Shape(3, 1, 8), DataType.FLOAT64);
                    layers.call(store, x, cache);
                }
            }
            assertEquals(4, cache.size()); // keys and values of two layers
        }
    }

    @Test
    void aBlockThatDoesNotHandTheCacheOnIsRefused() {
        Sequential layers =
                new Sequential(List.of(new SequentialBlock().add(new CausalSelfAttention(8, 2))));
        layers.initialize(manager, DataType.FLOAT64, SEQUENCES);
        try (Cache cache = new Cache(manager)) {
            assertRefused(
                    "a cache must reach every layer, but a SequentialBlock does not hand it on to"
                            + " the blocks inside; use nn.Sequential",
                    () -> layers.call(store, sequences(), cache));
        }
    }
}
