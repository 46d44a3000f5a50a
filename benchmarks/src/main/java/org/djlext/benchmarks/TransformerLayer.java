/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import org.djlext.nn.ManualBlocks;

/**
 * Causal self-attention and a feed-forward net, each behind a layer norm and beside a residual: x +
 * attention(norm(x)), and of that y: y + feedForward(norm(y)). From (B, T, C) to (B, T, C).
 */
final class TransformerLayer extends AbstractBlock {

    private final long heads;
    private final Block queriesKeysValues;
    private final Block attention;
    private final Block projection;
    private final Block feedForward;

    TransformerLayer(long channels, long heads) {
        this.heads = heads;
        queriesKeysValues =
                addChildBlock(
                        "queriesKeysValues",
                        new SequentialBlock()
                                .add(ManualBlocks.layerNorm(1e-5))
                                .add(ManualBlocks.linear(3 * channels)));
        attention = addChildBlock("attention", ManualBlocks.causalAttention());
        projection = addChildBlock("projection", ManualBlocks.linear(channels));
        feedForward =
                addChildBlock(
                        "feedForward",
                        new SequentialBlock()
                                .add(ManualBlocks.layerNorm(1e-5))
                                .add(ManualBlocks.linear(4 * channels))
                                .add(ManualBlocks.gelu())
                                .add(ManualBlocks.linear(channels)));
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore store,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDArray x = inputs.singletonOrThrow(); // (B, T, C)
        NDList split = new NDList();
        NDArray all = queriesKeysValues.forward(store, inputs, training).singletonOrThrow();
        for (NDArray part : all.split(3, 2)) {
            split.add(byHead(part)); // (B, H, T, C/H)
        }
        NDArray mixed = attention.forward(store, split, training).singletonOrThrow();
        NDList joined = new NDList(mixed.swapAxes(1, 2).reshape(x.getShape())); // (B, T, C)
        NDArray y = x.add(projection.forward(store, joined, training).singletonOrThrow());
        return new NDList(
                y.add(feedForward.forward(store, new NDList(y), training).singletonOrThrow()));
    }

    private NDArray byHead(NDArray array) {
        Shape s = array.getShape();
        return array.reshape(s.get(0), s.get(1), heads, s.get(2) / heads).swapAxes(1, 2);
    }

    @Override
    protected void initializeChildBlocks(NDManager manager, DataType type, Shape... inputShapes) {
        Shape x = inputShapes[0];
        Shape head = new Shape(x.get(0), heads, x.get(1), x.get(2) / heads);
        queriesKeysValues.initialize(manager, type, x);
        attention.initialize(manager, type, head, head, head);
        projection.initialize(manager, type, x);
        feedForward.initialize(manager, type, x);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return inputShapes;
    }
}
