/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import org.djlext.torch.ops.Transformers;

/**
 * GPT-2's attention: all heads' queries, keys and values by one linear layer, {@link
 * CausalAttentionFunction} in each head, the heads side by side, a linear layer.
 *
 * <p>Input and output: (B, T, C). Parameters: those of the linear layers c_attn, from C to 3 C, and
 * c_proj, from C to C, as PyTorch's start.
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
                    "attention's channels must be a multiple of its heads, but got "
                            + channels
                            + " and "
                            + heads);
        }
        toQueryKeyValue = addChildBlock("c_attn", Linear.pyTorch(channels, 3 * channels, true));
        projection = addChildBlock("c_proj", Linear.pyTorch(channels, channels, true));
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        NDList parts = pass.run(toQueryKeyValue, x).split(new long[] {channels, 2 * channels}, 2);
        NDArray y =
                attention.apply(
                        toHeads(parts.get(0)),
                        toHeads(parts.get(1)),
                        toHeads(parts.get(2))); // (B, H, T, C/H)
        return pass.run(projection, y.swapAxes(1, 2).reshape(x.getShape()));
    }

    /**
     * Reads the next position alone, in an evaluation.
     *
     * @param x (B, 1, C)
     * @param past starts with keys and values of the positions before, (B, T, C); or is empty
     * @param kept those with the new position are added to it, (B, T + 1, C)
     * @param pass an evaluation
     * @return (B, 1, C)
     */
    public NDArray next(NDArray x, NDList past, NDList kept, Pass pass) {
        NDList parts = pass.run(toQueryKeyValue, x).split(new long[] {channels, 2 * channels}, 2);
        NDArray k = parts.get(1);
        NDArray v = parts.get(2);
        if (!past.isEmpty()) {
            k = NDArrays.concat(new NDList(past.get(0), k), 1);
            v = NDArrays.concat(new NDList(past.get(1), v), 1);
        }
        kept.add(k);
        kept.add(v);
        NDArray y =
                Transformers.scaledDotProductAttention(
                        toHeads(parts.get(0)), toHeads(k), toHeads(v), false); // (B, H, 1, C/H)
        return pass.run(projection, y.reshape(x.getShape()));
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
