/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.List;
import org.djlext.makemore.fused.FusedAttention;
import org.djlext.makemore.fused.FusedHeads;
import org.djlext.makemore.fused.FusedLayer;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.layer.Layer;
import org.djlext.makemore.layer.Linear;
import org.djlext.makemore.layer.Sequential;
import org.jspecify.annotations.Nullable;

/**
 * Heads side by side, and a linear layer over what they found. The heads are computed together, not
 * one after the other; the numbers are the same.
 *
 * <p>Input and output: (B, T, C). Parameters: those of heads.0, heads.1, .., and proj.weight (C,
 * C), proj.bias (C).
 */
final class MultiHeadAttention extends Layer {

    private final GptOperations operations;
    private final int channels;
    private final double dropout;
    private final List<Head> heads = new ArrayList<>();
    private final @Nullable Linear projection;

    MultiHeadAttention(GptConfig config, GptOperations operations) {
        this.operations = operations;
        dropout = config.dropout();
        channels = config.embedding();
        for (int i = 0; i < config.heads(); i++) {
            heads.add(new Head(operations, channels, (long) channels / config.heads(), dropout));
        }
        // Never run in sequence; it gives the heads their names.
        addChildBlock("heads", new Sequential(heads));
        projection =
                config.projection()
                        ? addChildBlock(
                                "proj", Linear.pyTorch(Gradients.ENGINE, channels, channels, true))
                        : null;
    }

    @Override
    public List<FusedLayer> fused() {
        List<NDArray> weights = new ArrayList<>();
        heads.forEach(head -> weights.addAll(head.weights()));
        List<FusedLayer> parts = new ArrayList<>();
        parts.add(new FusedHeads(weights));
        parts.add(new FusedAttention(channels, heads.size(), FusedAttention.Order.HEAD_BY_HEAD));
        if (projection != null) {
            parts.addAll(projection.fused());
        }
        return parts;
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        NDList weights = new NDList();
        for (Head head : heads) {
            weights.addAll(head.weights(pass));
        }
        return operations.attention(
                x,
                weights,
                projection == null ? new NDList() : Weights.of(pass, projection),
                pass.training() ? dropout : 0);
    }

    @Override
    public String toString() {
        return "MultiHeadAttention";
    }
}
