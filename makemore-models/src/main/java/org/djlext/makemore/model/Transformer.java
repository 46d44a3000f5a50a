/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.ndarray.NDArray;
import java.util.stream.IntStream;
import org.djlext.nn.Embedding;
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

        /**
         * Checks the sizes.
         *
         * @param vocabSize V, the number of characters
         * @param blockSize how many characters the model sees
         * @param embedding the length of a character's vector
         * @param layers the number of blocks
         * @param heads the number of attention heads, which divides embedding
         */
        public Config {
            Sizes.check(vocabSize, blockSize, embedding, 1);
            Sizes.checkLayers(layers);
            Sizes.checkHeads(embedding, heads, layers);
        }

        @Override
        public Transformer model() {
            return new Transformer(this);
        }
    }

    /**
     * Makes the model.
     *
     * @param config the sizes
     */
    public Transformer(Config config) {
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
        private final PositionalEmbedding embeddings;
        private final Sequential blocks;
        private final LayerNorm norm;

        Trunk(Config config) {
            int channels = config.embedding();
            embeddings =
                    new PositionalEmbedding(
                            addChildBlock("wte", new Embedding(config.vocabSize(), channels)),
                            addChildBlock("wpe", new Embedding(config.blockSize(), channels)));
            blocks =
                    addChildBlock(
                            "h",
                            new Sequential(
                                    IntStream.range(0, config.layers())
                                            .mapToObj(i -> new TransformerBlock(config))
                                            .toList()));
            norm = addChildBlock("ln_f", new LayerNorm(channels));
        }

        @Override
        protected NDArray compute(NDArray x, Pass pass) {
            NDArray vectors = embeddings.compute(x, pass);
            return pass.run(norm, pass.run(blocks, vectors)); // (B, T, C)
        }
    }
}
