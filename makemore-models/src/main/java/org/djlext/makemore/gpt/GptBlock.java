/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDArray;
import java.util.Map;
import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.model.GptConfig.Structure;
import org.djlext.nn.Layer;
import org.djlext.nn.LayerNorm;
import org.jspecify.annotations.Nullable;

/**
 * Communication, then computation: x + sa(ln1(x)), then x + ffwd(ln2(x)). Residuals and norms can
 * be left out, as in the lecture's first versions.
 *
 * <p>Input and output: (B, T, C).
 */
final class GptBlock extends Layer {

    private final boolean residual;
    private final MultiHeadAttention attention;
    private final FeedForward feedForward;
    private final @Nullable LayerNorm norm1;
    private final @Nullable LayerNorm norm2;

    GptBlock(GptConfig config, Products products) {
        residual = config.has(Structure.RESIDUAL);
        attention = addChildBlock("sa", new MultiHeadAttention(config, products));
        feedForward = addChildBlock("ffwd", new FeedForward(config, products));
        norm1 = norm("ln1", config);
        norm2 = norm("ln2", config);
    }

    private @Nullable LayerNorm norm(String name, GptConfig config) {
        return config.has(Structure.LAYER_NORM)
                ? addChildBlock(name, new LayerNorm(config.embedding()))
                : null;
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        return part(feedForward, norm2, part(attention, norm1, x, pass), pass);
    }

    private NDArray part(Layer part, @Nullable LayerNorm norm, NDArray x, Pass pass) {
        NDArray y = pass.run(part, norm == null ? x : pass.run(norm, x));
        return residual ? x.add(y) : y;
    }

    @Override
    protected Map<String, ?> settings() {
        return Map.of("residual", residual);
    }
}
