/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDArray;
import java.util.List;
import org.djlext.nn.Activations;
import org.djlext.nn.CausalSelfAttention;
import org.djlext.nn.Layer;
import org.djlext.nn.LayerNorm;
import org.djlext.nn.Linear;
import org.djlext.nn.Sequential;

/**
 * Causal self-attention and a feed-forward net, each behind a layer norm and beside a residual: x +
 * attention(norm(x)), and of that y: y + feedForward(norm(y)). From (B, T, C) to (B, T, C).
 */
final class TransformerLayer extends Layer {

    private final Sequential attention;
    private final Sequential feedForward;

    TransformerLayer(long channels, int heads) {
        attention =
                addChildBlock(
                        "attention",
                        new Sequential(
                                List.of(
                                        new LayerNorm(channels),
                                        new CausalSelfAttention(channels, heads))));
        feedForward =
                addChildBlock(
                        "feedForward",
                        new Sequential(
                                List.of(
                                        new LayerNorm(channels),
                                        Linear.pyTorch(channels, 4 * channels, true),
                                        Activations.gelu(),
                                        Linear.pyTorch(4 * channels, channels, true))));
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        NDArray y = x.add(pass.run(attention, x));
        return y.add(pass.run(feedForward, y));
    }
}
