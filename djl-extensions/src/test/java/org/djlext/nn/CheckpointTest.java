/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.Dropout;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.util.Pair;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.djlext.autograd.Autograd;
import org.djlext.autograd.Checkpoint;
import org.djlext.gradcheck.GradientTable;
import org.djlext.internal.NativeHooks;
import org.djlext.torch.RandomState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A checkpointed part gives the gradients of the plain one. */
class CheckpointTest {

    private NDManager manager;
    private int nodes;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
        nodes = NativeHooks.liveNodes();
    }

    @AfterEach
    void close() {
        manager.close();
        assertEquals(nodes, NativeHooks.liveNodes());
    }

    private static List<Block> layers(float dropout) {
        List<Block> layers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            layers.add(
                    new SequentialBlock()
                            .add(Linear.builder().setUnits(5).build())
                            .add(Activation::tanh)
                            .add(Dropout.builder().optRate(dropout).build()));
        }
        return layers;
    }

    /** The gradients of all parameters and of the input, after one step from one seed. */
    private NDList gradients(Block block) {
        Engine.getInstance().setRandomSeed(3);
        NDArray x = manager.randomNormal(0, 1, new Shape(4, 5), DataType.FLOAT32);
        x.setRequiresGradient(true);
        block.initialize(manager, DataType.FLOAT32, x.getShape());
        ParameterStore store = new ParameterStore(manager, false);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray y = block.forward(store, new NDList(x), true).singletonOrThrow();
            collector.backward(y.square().sum());
        }
        NDList gradients = new NDList(x.getGradient());
        block.getParameters().values().forEach(p -> gradients.add(p.getArray().getGradient()));
        // What is drawn next: the stream of random numbers has moved on as far as in the plain run.
        gradients.add(manager.randomNormal(new Shape(3)));
        return gradients;
    }

    @ParameterizedTest
    @ValueSource(floats = {0, 0.4f})
    void gradientsArePlainOnesAlsoWithDropout(float dropout) {
        SequentialBlock plain = new SequentialBlock();
        layers(dropout).forEach(plain::add);
        NDList want = gradients(plain);
        for (int segments : new int[] {1, 2, 4, 6}) {
            NDList got = gradients(CheckpointBlock.sequential(layers(dropout), segments));
            GradientTable table = new GradientTable();
            assertEquals(want.size(), got.size());
            for (int i = 0; i < want.size(); i++) {
                table.compare("gradient " + i, got.get(i), want.get(i));
            }
            table.assertApproximate();
        }
    }

    @Test
    void functionIsRunAgainInBackwardAndLeavesNothingBetween() {
        AtomicInteger calls = new AtomicInteger();
        NDArray x = manager.create(new double[] {0.5, -1, 2});
        NDArray w = manager.create(new double[] {1, 2, 3});
        NDArray unused = manager.create(new double[] {1});
        NDArray index = manager.create(new long[] {2, 0});
        for (NDArray leaf : List.of(x, w, unused)) {
            leaf.setRequiresGradient(true);
        }
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDList y =
                    Checkpoint.apply(
                            in -> {
                                calls.incrementAndGet();
                                NDArray h = in.get(0).mul(w).sin();
                                return new NDList(h.get(in.get(1)), h.sum());
                            },
                            new NDList(x, index),
                            new NDList(w, unused));
            assertEquals(1, calls.get());
            collector.backward(y.get(0).mul(y.get(1)).sum());
        }
        assertEquals(2, calls.get());
        NDArray x2 = x.stopGradient().duplicate();
        NDArray w2 = w.stopGradient().duplicate();
        x2.setRequiresGradient(true);
        w2.setRequiresGradient(true);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray h = x2.mul(w2).sin();
            collector.backward(h.get(index).mul(h.sum()).sum());
        }
        assertArrayEquals(x2.getGradient().toDoubleArray(), x.getGradient().toDoubleArray(), 1e-14);
        assertArrayEquals(w2.getGradient().toDoubleArray(), w.getGradient().toDoubleArray(), 1e-14);
        assertThrows(IllegalStateException.class, () -> Autograd.gradient(unused));
    }

    @Test
    void parametersAndOutputsOfTheBlock() {
        Block plain = Linear.builder().setUnits(5).build();
        CheckpointBlock block = new CheckpointBlock(plain);
        block.initialize(manager, DataType.FLOAT32, new Shape(2, 3));
        List<String> names = new ArrayList<>();
        for (Pair<String, ai.djl.nn.Parameter> parameter : block.getParameters()) {
            names.add(parameter.getKey());
        }
        assertEquals(2, names.size());
        assertTrue(names.get(0).endsWith("weight"), names.toString());
        assertEquals(new Shape(7, 5), block.getOutputShapes(new Shape[] {new Shape(7, 3)})[0]);
        ParameterStore store = new ParameterStore(manager, false);
        NDArray x = manager.randomNormal(new Shape(2, 3));
        assertEquals(
                plain.forward(store, new NDList(x), false).get(0),
                block.forward(store, new NDList(x), false).get(0));
    }

    @Test
    void segmentsMustBeFromOneToAll() {
        assertRefused(
                "6 blocks make from 1 to 6 segments, but 7 were asked for",
                () -> CheckpointBlock.sequential(layers(0), 7));
        assertThrows(
                IllegalArgumentException.class, () -> CheckpointBlock.sequential(layers(0), 0));
    }

    @Test
    void randomStateIsPutBack() {
        NDArray state = RandomState.get(manager, manager.getDevice());
        NDArray first = manager.randomNormal(new Shape(20));
        assertNotEquals(first, manager.randomNormal(new Shape(20)));
        RandomState.set(state, manager.getDevice());
        assertEquals(first, manager.randomNormal(new Shape(20)));
    }
}
