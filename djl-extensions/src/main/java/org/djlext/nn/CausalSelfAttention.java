/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.Map;

/**
 * GPT-2's attention: all heads' queries, keys and values by one linear layer, {@link
 * CausalAttentionFunction} in each head, the heads side by side, a linear layer.
 *
 * <p>Input and output: (B, T, C). Parameters: those of the linear layers c_attn, from C to 3 C, and
 * c_proj, from C to C, as PyTorch's start. A {@link Cache} keeps the keys and the values.
 */
public final class CausalSelfAttention extends Layer {

    private final CausalAttentionFunction attention = new CausalAttentionFunction();
    private final long channels;
    private final long heads;
    private final Linear toQueryKeyValue;
    private final Linear projection;

    /**
     * Makes the layer.
     *
     * @param channels C, a multiple of the heads
     * @param heads the number of heads, each of C / heads channels
     */
    public CausalSelfAttention(long channels, long heads) {
        this.channels = Checks.atLeastOne("attention's channels", channels);
        this.heads = Checks.atLeastOne("attention's heads", heads);
        if (channels % heads != 0) {
            throw new IllegalArgumentException(
                    "attention's channels must be a multiple of its heads, but got %s and %s"
                            .formatted(channels, heads));
        }
        toQueryKeyValue = addChildBlock("c_attn", Linear.pyTorch(channels, 3 * channels, true));
        projection = addChildBlock("c_proj", Linear.pyTorch(channels, channels, true));
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        NDList parts = pass.run(toQueryKeyValue, x).split(new long[] {channels, 2 * channels}, 2);
        NDArray q = toHeads(parts.get(0));
        NDList keysAndValues = new NDList(toHeads(parts.get(1)), toHeads(parts.get(2)));
        keysAndValues = pass.extend(this, keysAndValues, 2); // (B, H, S, C/H)
        NDArray k = keysAndValues.get(0);
        NDArray y =
                attention.apply(q, k, keysAndValues.get(1), pass.places(x, k.getShape().get(2)));
        return pass.run(projection, y.swapAxes(1, 2).reshape(x.getShape()));
    }

    /** Takes (B, T, C) to (B, H, T, C/H). */
    private NDArray toHeads(NDArray x) {
        Shape shape = x.getShape();
        return x.reshape(shape.get(0), shape.get(1), heads, channels / heads).swapAxes(1, 2);
    }

    @Override
    protected Map<String, ?> settings() {
        return Map.of("heads", heads);
    }
}
