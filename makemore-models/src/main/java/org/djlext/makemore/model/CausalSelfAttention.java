/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.djlext.makemore.fused.FusedAttention;
import org.djlext.makemore.fused.FusedLayer;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.layer.Layer;
import org.djlext.makemore.layer.Linear;
import org.djlext.torch.ops.Transformers;

/**
 * GPT-2's attention: all heads' queries, keys and values by one linear layer, causal attention in
 * each head, the heads side by side, a linear layer. Input and output: (B, T, C).
 */
final class CausalSelfAttention extends Layer {

    private final Gradients gradients;
    private final long channels;
    private final long heads;
    private final Linear toQueryKeyValue;
    private final Linear projection;

    CausalSelfAttention(ModelConfig config, Gradients gradients) {
        this.gradients = gradients;
        channels = config.embedding();
        heads = config.heads();
        toQueryKeyValue =
                addChildBlock("c_attn", Linear.pyTorch(gradients, channels, 3 * channels, true));
        projection = addChildBlock("c_proj", Linear.pyTorch(gradients, channels, channels, true));
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        Shape shape = x.getShape(); // (B, T, C)
        NDList parts = pass.run(toQueryKeyValue, x).split(new long[] {channels, 2 * channels}, 2);
        NDArray y =
                gradients
                        .operations()
                        .causalAttention(
                                toHeads(parts.get(0)),
                                toHeads(parts.get(1)),
                                toHeads(parts.get(2))); // (B, H, T, C/H)
        return pass.run(projection, y.swapAxes(1, 2).reshape(shape));
    }

    @Override
    protected Map<String, ?> settings() {
        return Map.of("heads", heads);
    }

    @Override
    public List<FusedLayer> fused() {
        List<FusedLayer> parts = new ArrayList<>(toQueryKeyValue.fused());
        parts.add(
                new FusedAttention(
                        (int) channels, (int) heads, FusedAttention.Order.QUERIES_KEYS_VALUES));
        parts.addAll(projection.fused());
        return parts;
    }

    /**
     * Reads the next position alone.
     *
     * @param x (B, 1, C)
     * @param past starts with keys and values of the positions before, (B, T, C); or is empty
     * @param kept those with the new position are added to it, (B, T + 1, C)
     * @param pass an evaluation
     * @return (B, 1, C)
     */
    NDArray next(NDArray x, NDList past, NDList kept, Pass pass) {
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
}
