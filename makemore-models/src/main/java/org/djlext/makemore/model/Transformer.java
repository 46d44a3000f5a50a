/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.ndarray.NDArray;
import java.util.stream.IntStream;
import org.djlext.nn.CausalSelfAttention;
import org.djlext.nn.Embedding;
import org.djlext.nn.GeluFunction;
import org.djlext.nn.Layer;
import org.djlext.nn.LayerNorm;
import org.djlext.nn.Linear;
import org.djlext.nn.Sequential;

/**
 * The makemore program's transformer, which is GPT-2 on a small scale: blocks of causal attention
 * and an MLP, with layer norm before each and a residual around it.
 *
 * @see <a href="https://arxiv.org/abs/1706.03762">Vaswani et al., 2017</a>
 */
public final class Transformer extends LanguageModel {

    private static final long WIDER = 4;

    private final Trunk trunk;
    private final Linear lmHead;

    /**
     * The sizes.
     *
     * @param vocabSize V, the number of characters
     * @param blockSize how many characters the model sees
     * @param embedding the length of a character's vector
     * @param layers the number of blocks
     * @param heads the number of attention heads, which divides embedding
     */
    public record Config(int vocabSize, int blockSize, int embedding, int layers, int heads)
            implements ModelConfig {

        @Override
        public Transformer model() {
            return new Transformer(this);
        }
    }

    private Transformer(Config config) {
        super(config);
        trunk = addChildBlock("transformer", new Trunk(config));
        lmHead =
                addChildBlock(
                        "lm_head", Linear.pyTorch(config.embedding(), config.vocabSize(), false));
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        return pass.run(lmHead, pass.run(trunk, x)); // (B, T, V)
    }

    private static final class Trunk extends Layer {
        private final Embedding wte;
        private final Embedding wpe;
        private final Sequential blocks;
        private final LayerNorm norm;

        Trunk(Config config) {
            int channels = config.embedding();
            wte = addChildBlock("wte", new Embedding(config.vocabSize(), channels));
            wpe = addChildBlock("wpe", new Embedding(config.blockSize(), channels));
            blocks =
                    addChildBlock(
                            "h",
                            new Sequential(
                                    IntStream.range(0, config.layers())
                                            .mapToObj(i -> new AttentionBlock(config))
                                            .toList()));
            norm = addChildBlock("ln_f", new LayerNorm(channels));
        }

        @Override
        protected NDArray compute(NDArray x, Pass pass) {
            NDArray vectors = pass.run(wte, x).add(pass.run(wpe, pass.positions(x)));
            return pass.run(norm, pass.run(blocks, vectors)); // (B, T, C)
        }
    }

    /** x + attention(norm(x)), then x + mlp(norm(x)). Input and output: (B, T, C). */
    private static final class AttentionBlock extends Layer {
        private final LayerNorm norm1;
        private final CausalSelfAttention attention;
        private final LayerNorm norm2;
        private final Layer mlp;

        AttentionBlock(Config config) {
            int channels = config.embedding();
            norm1 = addChildBlock("ln_1", new LayerNorm(channels));
            attention = addChildBlock("attn", new CausalSelfAttention(channels, config.heads()));
            norm2 = addChildBlock("ln_2", new LayerNorm(channels));
            TwoLayers wider = new TwoLayers(channels, WIDER * channels, new GeluFunction());
            mlp = addChildBlock("mlp", wider);
        }

        @Override
        protected NDArray compute(NDArray x, Pass pass) {
            NDArray y = x.add(pass.run(attention, pass.run(norm1, x)));
            return y.add(pass.run(mlp, pass.run(norm2, y)));
        }
    }
}
