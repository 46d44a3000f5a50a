/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.ndarray.NDArray;
import org.djlext.nn.CausalSelfAttention;
import org.djlext.nn.GeluFunction;
import org.djlext.nn.Layer;
import org.djlext.nn.LayerNorm;
import org.djlext.nn.Linear;

/** A block of GPT-2: x + attention(norm(x)), then x + mlp(norm(x)). Input and output: (B, T, C). */
final class TransformerBlock extends Layer {

    private static final int WIDER = 4;

    private final LayerNorm norm1;
    private final CausalSelfAttention attention;
    private final LayerNorm norm2;
    private final Layer mlp;

    TransformerBlock(Transformer.Config config) {
        norm1 = addChildBlock("ln_1", new LayerNorm(config.embedding()));
        attention =
                addChildBlock("attn", new CausalSelfAttention(config.embedding(), config.heads()));
        norm2 = addChildBlock("ln_2", new LayerNorm(config.embedding()));
        mlp = addChildBlock("mlp", new GeluMlp(config.embedding()));
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        NDArray y = x.add(pass.run(attention, pass.run(norm1, x)));
        return y.add(pass.run(mlp, pass.run(norm2, y)));
    }

    private static final class GeluMlp extends Layer {
        private final GeluFunction gelu = new GeluFunction();
        private final Linear in;
        private final Linear out;

        GeluMlp(long channels) {
            long inner = WIDER * channels;
            in = addChildBlock("c_fc", Linear.pyTorch(channels, inner, true));
            out = addChildBlock("c_proj", Linear.pyTorch(inner, channels, true));
        }

        @Override
        protected NDArray compute(NDArray x, Pass pass) {
            return pass.run(out, gelu.apply(pass.run(in, x)));
        }
    }
}
