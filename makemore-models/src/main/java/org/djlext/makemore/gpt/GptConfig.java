/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

/**
 * The sizes and the parts of a GPT. The stages of the lecture are such configurations; see {@link
 * GptStage}.
 *
 * @param structure what the model is made of
 * @param vocabSize V, the number of characters
 * @param blockSize how many characters the model sees at most ({@code block_size})
 * @param embedding C, the features of a position ({@code n_embd})
 * @param heads H, the attention heads ({@code n_head}), each of size C / H
 * @param layers the number of blocks ({@code n_layer}); 1 where there are no blocks
 * @param feedForward the inner width of the feed-forward layers; 0 for none
 * @param residual whether attention and feed-forward add to their input instead of replacing it
 * @param projection whether attention and feed-forward end in a linear layer
 * @param norm whether each of both starts with a layer norm
 * @param finalNorm whether a layer norm comes before the last linear layer
 * @param dropout the probability of an element to be dropped in training
 */
public record GptConfig(
        Structure structure,
        int vocabSize,
        int blockSize,
        int embedding,
        int heads,
        int layers,
        int feedForward,
        boolean residual,
        boolean projection,
        boolean norm,
        boolean finalNorm,
        double dropout) {

    // Far beyond any model that a program of this kind can train, so that a model of a file that
    // may hold anything takes no more memory than its file.
    private static final int MAX_BLOCK_SIZE = 1 << 20;
    private static final int MAX_HEADS = 10_000;

    /** What a model is made of, in the order of the lecture. */
    public enum Structure {
        /** A table of the logits of the next character, by the last one; no positions. */
        BIGRAM,
        /** Embeddings of character and position, and a linear layer. */
        EMBEDDING,
        /** Then one head of attention between the two. */
        HEAD,
        /** Several heads, and feed-forward if it has a width. */
        HEADS,
        /** Blocks of attention and feed-forward. */
        BLOCKS
    }

    /**
     * Checks the sizes.
     *
     * @param structure what the model is made of
     * @param vocabSize at least 1
     * @param blockSize from 1 to 1,048,576
     * @param embedding at least 1, a multiple of heads
     * @param heads at least 1
     * @param layers at least 1, with at most 10,000 heads together
     * @param feedForward 0, or at least 1; without projection it must be 0 or C
     * @param residual whether there are residuals
     * @param projection whether there are projections
     * @param norm whether there are layer norms in the blocks
     * @param finalNorm whether there is one at the end
     * @param dropout from 0 to less than 1
     */
    public GptConfig {
        atLeast("vocabSize", vocabSize, 1);
        atLeast("blockSize", blockSize, 1);
        atLeast("embedding", embedding, 1);
        atLeast("heads", heads, 1);
        atLeast("layers", layers, 1);
        atLeast("feedForward", feedForward, 0);
        if (blockSize > MAX_BLOCK_SIZE || (long) layers * heads > MAX_HEADS) {
            throw new IllegalArgumentException(
                    "a GPT's blockSize must be at most "
                            + MAX_BLOCK_SIZE
                            + " and its layers have at most "
                            + MAX_HEADS
                            + " heads together, but the blockSize is "
                            + blockSize
                            + " and there are "
                            + layers
                            + " layers of "
                            + heads);
        }
        if (embedding % heads != 0) {
            throw new IllegalArgumentException(
                    "a GPT's embedding must be a multiple of its heads, but they are "
                            + embedding
                            + " and "
                            + heads);
        }
        if (!projection && feedForward != 0 && feedForward != embedding) {
            throw new IllegalArgumentException(
                    "without projection a GPT's feed-forward layer is as wide as its embedding, "
                            + embedding
                            + ", but is "
                            + feedForward);
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException(
                    "a GPT's dropout must be from 0 to less than 1, but is " + dropout);
        }
    }

    private static void atLeast(String name, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(
                    "a GPT's " + name + " must be at least " + least + ", but is " + value);
        }
    }

    /**
     * Returns the lecture's final model: blocks with residuals, projections, layer norms, and
     * feed-forward layers of four times the embedding.
     *
     * @param vocabSize V
     * @param blockSize the longest context
     * @param embedding C
     * @param heads H
     * @param layers the number of blocks
     * @param dropout the probability of dropout
     * @return the configuration
     */
    public static GptConfig lecture(
            int vocabSize, int blockSize, int embedding, int heads, int layers, double dropout) {
        return new GptConfig(
                Structure.BLOCKS,
                vocabSize,
                blockSize,
                embedding,
                heads,
                layers,
                WIDER * embedding,
                true,
                true,
                true,
                true,
                dropout);
    }

    private static final int WIDER = 4;
}
