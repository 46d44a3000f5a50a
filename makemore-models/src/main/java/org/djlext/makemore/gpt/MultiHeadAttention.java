/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.model.GptConfig.Structure;
import org.djlext.nn.Dropout;
import org.djlext.nn.Layer;
import org.djlext.nn.Linear;
import org.djlext.nn.Sequential;
import org.jspecify.annotations.Nullable;

/**
 * Heads side by side, and a linear layer over what they found. The heads are computed together, not
 * one after the other; the numbers are the same.
 *
 * <p>Input and output: (B, T, C). Parameters: those of heads.0, heads.1, .., and proj.weight (C,
 * C), proj.bias (C).
 */
final class MultiHeadAttention extends Layer {

    private final Products products;
    private final double dropout;
    private final List<Linear> layers = new ArrayList<>();
    private final @Nullable Linear projection;
    private final Dropout drop;

    MultiHeadAttention(GptConfig config, Products products) {
        this.products = products;
        dropout = config.dropout();
        int channels = config.embedding();
        List<Head> heads = new ArrayList<>();
        for (int i = 0; i < config.heads(); i++) {
            Head head = new Head(products, channels, (long) channels / config.heads(), dropout);
            heads.add(head);
            layers.addAll(head.layers());
        }
        // Never run in sequence; it gives the heads their names.
        addChildBlock("heads", new Sequential(heads));
        projection =
                config.has(Structure.PROJECTION)
                        ? addChildBlock("proj", Linear.pyTorch(channels, channels, true))
                        : null;
        drop = addChildBlock("dropout", new Dropout(dropout));
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        NDArray y = products.attention(this, x, layers, dropout, pass);
        return projection == null ? y : pass.run(drop, products.linear(projection, y, pass));
    }
}
