/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.djlext.makemore.fused.FusedLayer;
import org.djlext.makemore.fused.FusedResidual;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.layer.Layer;
import org.djlext.makemore.layer.LayerNorm;
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
    private final @Nullable FeedForward feedForward;
    private final @Nullable LayerNorm norm1;
    private final @Nullable LayerNorm norm2;

    GptBlock(GptConfig config, Gradients gradients, GptOperations operations) {
        residual = config.residual();
        attention = addChildBlock("sa", new MultiHeadAttention(config, operations));
        feedForward =
                config.feedForward() == 0
                        ? null
                        : addChildBlock("ffwd", new FeedForward(config, operations));
        norm1 = norm("ln1", config, gradients, config.norm());
        norm2 = norm("ln2", config, gradients, config.norm() && feedForward != null);
    }

    private @Nullable LayerNorm norm(
            String name, GptConfig config, Gradients gradients, boolean wanted) {
        return wanted ? addChildBlock(name, new LayerNorm(gradients, config.embedding())) : null;
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        NDArray y = part(attention, norm1, x, pass);
        return feedForward == null ? y : part(feedForward, norm2, y, pass);
    }

    @Override
    public List<FusedLayer> fused() {
        List<FusedLayer> parts = new ArrayList<>(fused(attention, norm1));
        if (feedForward != null) {
            parts.addAll(fused(feedForward, norm2));
        }
        return parts;
    }

    private List<FusedLayer> fused(Layer part, @Nullable LayerNorm norm) {
        List<FusedLayer> parts = new ArrayList<>(norm == null ? List.of() : norm.fused());
        parts.addAll(part.fused());
        return residual ? List.of(new FusedResidual(parts)) : parts;
    }

    private NDArray part(Layer part, @Nullable LayerNorm norm, NDArray x, Pass pass) {
        NDArray y = pass.run(part, norm == null ? x : pass.run(norm, x));
        return residual ? x.add(y) : y;
    }

    @Override
    protected Map<String, ?> settings() {
        return Map.of("residual", residual);
    }

    @Override
    public String toString() {
        return "GptBlock";
    }
}
