/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.List;
import org.djlext.makemore.fused.FusedGelu;
import org.djlext.makemore.fused.FusedLayer;
import org.djlext.makemore.fused.FusedResidual;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.layer.Layer;
import org.djlext.makemore.layer.LayerNorm;
import org.djlext.makemore.layer.Linear;

/** A block of GPT-2: x + attention(norm(x)), then x + mlp(norm(x)). Input and output: (B, T, C). */
final class TransformerBlock extends Layer {

    private static final int WIDER = 4;

    private final LayerNorm norm1;
    private final CausalSelfAttention attention;
    private final LayerNorm norm2;
    private final Layer mlp;

    TransformerBlock(ModelConfig config, Gradients gradients) {
        norm1 = addChildBlock("ln_1", new LayerNorm(gradients, config.embedding()));
        attention = addChildBlock("attn", new CausalSelfAttention(config, gradients));
        norm2 = addChildBlock("ln_2", new LayerNorm(gradients, config.embedding()));
        mlp = addChildBlock("mlp", new GeluMlp(config.embedding(), gradients));
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        NDArray y = x.add(pass.run(attention, pass.run(norm1, x)));
        return y.add(pass.run(mlp, pass.run(norm2, y)));
    }

    @Override
    public List<FusedLayer> fused() {
        return List.of(residual(norm1, attention), residual(norm2, mlp));
    }

    private static FusedLayer residual(Layer norm, Layer layer) {
        List<FusedLayer> parts = new ArrayList<>(norm.fused());
        parts.addAll(layer.fused());
        return new FusedResidual(parts);
    }

    /** Reads the next position, (B, 1, C); see {@link CausalSelfAttention#next}. */
    NDArray next(NDArray x, NDList past, NDList kept, Pass pass) {
        NDArray y = x.add(attention.next(pass.run(norm1, x), past, kept, pass));
        return y.add(pass.run(mlp, pass.run(norm2, y)));
    }

    private static final class GeluMlp extends Layer {
        private final Gradients gradients;
        private final long inner;
        private final Linear in;
        private final Linear out;

        GeluMlp(long channels, Gradients gradients) {
            this.gradients = gradients;
            inner = WIDER * channels;
            in = addChildBlock("c_fc", Linear.pyTorch(gradients, channels, inner, true));
            out = addChildBlock("c_proj", Linear.pyTorch(gradients, inner, channels, true));
        }

        @Override
        protected NDArray compute(NDArray x, Pass pass) {
            return pass.run(out, gradients.operations().gelu(pass.run(in, x)));
        }

        @Override
        public List<FusedLayer> fused() {
            List<FusedLayer> parts = new ArrayList<>(in.fused());
            parts.add(new FusedGelu(inner));
            parts.addAll(out.fused());
            return parts;
        }
    }
}
