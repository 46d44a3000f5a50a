/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.djlext.nn.Layer;
import org.djlext.nn.Linear;

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

    private final Products products;
    private final double dropout;
    private final long size;
    private final Linear key;
    private final Linear query;
    private final Linear value;

    Head(Products products, long channels, long size, double dropout) {
        this.products = products;
        this.dropout = dropout;
        this.size = size;
        key = addChildBlock("key", Linear.pyTorch(channels, size, false));
        query = addChildBlock("query", Linear.pyTorch(channels, size, false));
        value = addChildBlock("value", Linear.pyTorch(channels, size, false));
    }

    /** Returns key, query and value. */
    List<Linear> layers() {
        return List.of(key, query, value);
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        return products.attention(this, x, layers(), dropout, pass);
    }

    @Override
    protected Shape outputShape(Shape input) {
        return withLast(input, size);
    }
}
