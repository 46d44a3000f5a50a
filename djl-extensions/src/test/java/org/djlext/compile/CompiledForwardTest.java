/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.Dropout;
import ai.djl.training.ParameterStore;
import java.util.List;
import java.util.function.Function;
import org.djlext.nn.Cache;
import org.djlext.nn.CausalSelfAttention;
import org.djlext.nn.Sequential;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;

/** Forwards in one call beside those of the engine. */
class CompiledForwardTest extends ArrayTest {

    private final ParameterStore store = new ParameterStore(manager, false);

    private static NDArray first(NDList list) {
        return list.singletonOrThrow();
    }

    @Test
    void aBlockOfDjlsLayersInEvaluation() {
        Block block =
                new SequentialBlock()
                        .add(Linear.builder().setUnits(6).build())
                        .add(BatchNorm.builder().build())
                        .add(Dropout.builder().optRate(0.5f).build())
                        .add(Activation::gelu)
                        .add(Linear.builder().setUnits(3).build());
        block.initialize(manager, DataType.FLOAT64, new Shape(4, 5));
        try (CompiledForward forward = new CompiledForward(block)) {
            assertThrows(IllegalStateException.class, forward::script);
            for (int rows : new int[] {4, 1, 4, 7}) {
                NDArray x = random(rows, 5);
                NDArray want = first(block.forward(store, new NDList(x), false));
                NDArray got = first(forward.call(new NDList(x)));
                assertTrue(got.allClose(want, 1e-12, 1e-12, false));
                assertFalse(got.hasGradient());
                assertEquals(x.getManager(), got.getManager());
            }
            NDArray x = random(4, 5);
            NDArray before = first(forward.call(new NDList(x)));
            NDArray weight = block.getParameters().valueAt(0).getArray();
            weight.set(random(6, 5).toDoubleArray());
            NDArray want = first(block.forward(store, new NDList(x), false));
            NDArray after = first(forward.call(new NDList(x)));
            assertTrue(after.allClose(want, 1e-12, 1e-12, false));
            assertNotEquals(before, after);
        }
    }

    /** One position after the other, with keys and values that the cache has. */
    @Test
    void attentionThatReadsOn() {
        Sequential layers =
                new Sequential(
                        List.of(new CausalSelfAttention(8, 2), new CausalSelfAttention(8, 4)));
        layers.initialize(manager, DataType.FLOAT64, new Shape(3, 40, 8));
        NDArray x = random(3, 40, 8);
        NDArray want = layers.call(store, x, false);
        try (CompiledForward forward = new CompiledForward(layers);
                Cache cache = new Cache(manager)) {
            int compiled = 0;
            for (int i = 0; i < 40; i++) {
                NDArray next = x.get(":, " + i + ":" + (i + 1));
                boolean hasRoom = cache.hasRoom(1);
                NDArray y =
                        hasRoom
                                ? cache.call(
                                        next,
                                        inputs ->
                                                forward.call(
                                                        inputs,
                                                        (values, all) ->
                                                                cache.step(layers, values, all)))
                                : layers.call(store, next, cache);
                compiled += hasRoom ? 1 : 0;
                assertEquals(i + 1, cache.length());
                assertTrue(
                        y.allClose(want.get(":, " + i + ":" + (i + 1)), 1e-12, 1e-12, false),
                        "position " + i);
            }
            assertEquals(37, compiled); // all but the first, and where 16 and 32 are full
        }
    }

    private void assertRefused(String message, Function<NDArray, NDArray> lambda) {
        Block block = new SequentialBlock().add(LambdaBlock.singleton(lambda));
        try (CompiledForward forward = new CompiledForward(block)) {
            NDArray x = random(2, 3);
            assertFailsSaying(CompileException.class, () -> forward.call(new NDList(x)), message);
        }
    }

    @Test
    void whatItCannotCompile() {
        assertRefused("changes an input or a parameter in place", x -> x.addi(1));
        assertRefused(
                "makes an array of shape", x -> x.add(manager.ones(x.getShape(), x.getDataType())));
        Block block = Linear.builder().setUnits(2).build();
        assertThrows(IllegalStateException.class, () -> new CompiledForward(block));
    }
}
