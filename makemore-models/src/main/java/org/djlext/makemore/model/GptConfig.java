/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import org.djlext.makemore.gpt.Gpt;

/**
 * The sizes and the parts of a GPT. The stages of lecture 7 are such configurations; see {@link
 * org.djlext.makemore.gpt.GptStage}.
 *
 * @param structure what the model is made of
 * @param vocabSize V, the number of characters
 * @param blockSize how many characters the model sees at most ({@code block_size})
 * @param embedding C, the features of a position ({@code n_embd})
 * @param heads H, the attention heads ({@code n_head}), each of size C / H
 * @param layers the number of blocks ({@code n_layer}); 1 where there are no blocks
 * @param dropout the probability of an element to be dropped in training, from 0 to less than 1
 * @param bfloat16 whether products are computed in bfloat16, with weights and gradients in float32;
 *     the engine differentiates them
 * @param checkpointing whether blocks keep only their input for backward and compute the rest again
 */
public record GptConfig(
        Structure structure,
        int vocabSize,
        int blockSize,
        int embedding,
        int heads,
        int layers,
        double dropout,
        boolean bfloat16,
        boolean checkpointing)
        implements ModelConfig {

    /** What a model is made of, in the order of the lecture: each has what those before it have. */
    public enum Structure {
        /** A table of the logits of the next character, by the last one; no positions. */
        BIGRAM,
        /** Embeddings of character and position, and a linear layer. */
        EMBEDDING,
        /** One head of attention between the two. */
        HEAD,
        /** Several heads. */
        HEADS,
        /** A feed-forward layer after attention, as wide as the embedding. */
        FEED_FORWARD,
        /** Blocks of attention and feed-forward. */
        BLOCKS,
        /** Attention and feed-forward add to their input instead of replacing it. */
        RESIDUAL,
        /** Both end in a linear layer, and feed-forward is four times as wide inside. */
        PROJECTION,
        /** Each of both starts with a layer norm, and one comes before the last linear layer. */
        LAYER_NORM
    }

    /**
     * {@return the lecture's final model, which has all parts}
     *
     * @param vocabSize V
     * @param blockSize the longest context
     * @param embedding C
     * @param heads H
     * @param layers the number of blocks
     * @param dropout the probability of dropout
     */
    public static GptConfig lecture(
            int vocabSize, int blockSize, int embedding, int heads, int layers, double dropout) {
        return new GptConfig(
                Structure.LAYER_NORM,
                vocabSize,
                blockSize,
                embedding,
                heads,
                layers,
                dropout,
                false,
                false);
    }

    /**
     * {@return whether the model has come as far as a structure and has its parts}
     *
     * @param part the structure
     */
    public boolean has(Structure part) {
        return structure.compareTo(part) >= 0;
    }

    @Override
    public void check() {
        ModelConfig.super.check();
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException(
                    "a GPT's dropout must be from 0 to less than 1, but is " + dropout);
        }
    }

    @Override
    public boolean random() {
        return dropout > 0;
    }

    @Override
    public Gpt model() {
        return new Gpt(this);
    }
}
