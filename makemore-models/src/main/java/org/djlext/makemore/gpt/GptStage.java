/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import org.djlext.makemore.model.GptConfig;
import org.djlext.makemore.model.GptConfig.Structure;

/**
 * The models that lecture 7 builds one after the other, from G0 to G8, with the validation loss on
 * tiny Shakespeare that it reads out for each.
 */
public enum GptStage {
    /** A table of bigrams. */
    G0("bigram table", "~2.5"),
    /** Embeddings of character and position, and a linear layer; not trained in the lecture. */
    G1("embeddings", "-"),
    /** One head of self-attention. */
    G2("+ one head", "2.4"),
    /** Four heads of a quarter of the size. */
    G3("+ four heads", "2.28"),
    /** A feed-forward layer after attention. */
    G4("+ feed-forward", "2.24"),
    /** Three such pairs, without residuals: deep and hard to train. */
    G5("three blocks", "not good"),
    /** Residuals, projections, and feed-forward layers of four times the width. */
    G6("+ residual, projection, x4", "2.08"),
    /** Layer norms. */
    G7("+ layer norm", "2.06"),
    /** The scaled-up model; wants a GPU. */
    G8("scaled up", "1.48");

    private static final int BLOCK = 8;
    private static final int CHANNELS = 32;
    private static final int FOUR = 4;
    private static final int BLOCKS = 3;

    private final String title;
    private final String lecture;

    GptStage(String title, String lecture) {
        this.title = title;
        this.lecture = lecture;
    }

    /** {@return a few words on the stage} */
    public String title() {
        return title;
    }

    /**
     * {@return the validation loss that the lecture reads out, as a text, since some are only
     * rough}
     */
    public String lectureLoss() {
        return lecture;
    }

    /**
     * {@return the configuration of the stage}
     *
     * @param vocabSize V, 65 in the lecture
     */
    public GptConfig config(int vocabSize) {
        return switch (this) {
            case G0 -> small(Structure.BIGRAM, vocabSize, 1, 1);
            case G1 -> small(Structure.EMBEDDING, vocabSize, 1, 1);
            case G2 -> small(Structure.HEAD, vocabSize, 1, 1);
            case G3 -> small(Structure.HEADS, vocabSize, FOUR, 1);
            case G4 -> small(Structure.FEED_FORWARD, vocabSize, FOUR, 1);
            case G5 -> small(Structure.BLOCKS, vocabSize, FOUR, BLOCKS);
            case G6 -> small(Structure.PROJECTION, vocabSize, FOUR, BLOCKS);
            case G7 -> small(Structure.LAYER_NORM, vocabSize, FOUR, BLOCKS);
            case G8 -> GptConfig.lecture(vocabSize, 256, 384, 6, 6, 0.2);
        };
    }

    private static GptConfig small(Structure structure, int vocabSize, int heads, int layers) {
        return GptConfig.of(structure, vocabSize, BLOCK, CHANNELS, heads, layers);
    }
}
