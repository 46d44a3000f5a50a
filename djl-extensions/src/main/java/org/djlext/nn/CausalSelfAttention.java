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
import org.jspecify.annotations.Nullable;

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
        NDArray y =
                ofHeads(
                        this,
                        parts.get(0),
                        parts.get(1),
                        parts.get(2),
                        heads,
                        (q, k, v, places) -> attention.apply(q, k, v, places),
                        pass);
        return pass.run(projection, y);
    }

    /** Causal attention of arrays whose last two axes are positions and channels. */
    @FunctionalInterface
    public interface Attention {
        /**
         * Computes it.
         *
         * @param q the queries, (B, H, T, hs)
         * @param k the keys, (B, H, S, hs)
         * @param v the values, (B, H, S, hs)
         * @param places which keys the queries are level with, (T); null for the last ones
         * @return (B, H, T, hs)
         */
        NDArray apply(NDArray q, NDArray k, NDArray v, @Nullable NDArray places);
    }

    /**
     * Computes the attention of several heads side by side, for a layer that has its own products.
     * With a cache, the queries see the keys and values of earlier calls too.
     *
     * @param owner the layer for which a cache keeps keys and values
     * @param q the queries of all heads, one head after the other, (B, T, C)
     * @param k their keys, (B, T, C)
     * @param v their values, (B, T, C)
     * @param heads H, the number of heads, each of C / H channels
     * @param attention computes the attention of each head
     * @param pass the forward pass
     * @return (B, T, C)
     */
    public static NDArray ofHeads(
            Layer owner,
            NDArray q,
            NDArray k,
            NDArray v,
            long heads,
            Attention attention,
            Pass pass) {
        NDArray queries = toHeads(q, heads);
        NDList seen = new NDList(toHeads(k, heads), toHeads(v, heads));
        seen = pass.extend(owner, seen, 2); // (B, H, S, C/H)
        NDArray keys = seen.get(0);
        boolean hasOthers = q.getShape().get(1) != keys.getShape().get(2);
        NDArray places = hasOthers ? pass.positions(q) : null; // among the keys
        NDArray y = attention.apply(queries, keys, seen.get(1), places);
        return y.swapAxes(1, 2).reshape(q.getShape());
    }

    /** Takes (B, T, C) to (B, H, T, C/H). */
    private static NDArray toHeads(NDArray x, long heads) {
        Shape shape = x.getShape();
        return x.reshape(shape.get(0), shape.get(1), heads, shape.get(2) / heads).swapAxes(1, 2);
    }

    @Override
    protected Map<String, ?> settings() {
        return Map.of("heads", heads);
    }
}
