/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.stream.Stream;
import org.djlext.makemore.fused.FusedAttention;
import org.djlext.makemore.fused.FusedHeads;
import org.djlext.makemore.fused.FusedLayer;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.layer.Layer;
import org.djlext.makemore.layer.Linear;

/**
 * One head of causal self-attention: each position asks with its query, is found by its key, and
 * gives its value; it takes the mean of the values so far, weighted by softmax(q k^T hs^-1/2).
 *
 * <p>Input: (B, T, C). Output: (B, T, hs). Parameters: key.weight, query.weight, value.weight, (hs,
 * C).
 *
 * @see <a href="https://arxiv.org/abs/1706.03762">Vaswani et al., 2017</a>
 */
final class Head extends Layer {

    private final GptOperations operations;
    private final double dropout;
    private final long size;
    private final Linear key;
    private final Linear query;
    private final Linear value;

    Head(GptOperations operations, long channels, long size, double dropout) {
        this.operations = operations;
        this.dropout = dropout;
        this.size = size;
        key = addChildBlock("key", linear(channels, size));
        query = addChildBlock("query", linear(channels, size));
        value = addChildBlock("value", linear(channels, size));
    }

    private static Linear linear(long channels, long size) {
        return Linear.pyTorch(Gradients.ENGINE, channels, size, false);
    }

    /** Returns the weights of key, query and value. */
    NDList weights(Pass pass) {
        return new NDList(
                Weights.of(pass, key, "weight"),
                Weights.of(pass, query, "weight"),
                Weights.of(pass, value, "weight"));
    }

    /** Returns key, query and value. */
    List<NDArray> weights() {
        return Stream.of(key, query, value)
                .map(l -> l.getDirectParameters().get("weight").getArray())
                .toList();
    }

    @Override
    public List<FusedLayer> fused() {
        return List.of(
                new FusedHeads(weights()),
                new FusedAttention((int) size, 1, FusedAttention.Order.HEAD_BY_HEAD));
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        return operations.attention(x, weights(pass), new NDList(), pass.training() ? dropout : 0);
    }

    @Override
    protected Shape outputShape(Shape input) {
        return withLast(input, size);
    }

    @Override
    public String toString() {
        return "Head";
    }
}
