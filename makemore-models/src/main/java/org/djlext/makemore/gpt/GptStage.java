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
    G0("bigram table", "~2.5", Structure.BIGRAM, 1, 1),
    /** Embeddings of character and position, and a linear layer; not trained in the lecture. */
    G1("embeddings", "-", Structure.EMBEDDING, 1, 1),
    /** One head of self-attention. */
    G2("+ one head", "2.4", Structure.HEAD, 1, 1),
    /** Four heads of a quarter of the size. */
    G3("+ four heads", "2.28", Structure.HEADS, 4, 1),
    /** A feed-forward layer after attention. */
    G4("+ feed-forward", "2.24", Structure.FEED_FORWARD, 4, 1),
    /** Three such pairs, without residuals: deep and hard to train. */
    G5("three blocks", "not good", Structure.BLOCKS, 4, 3),
    /** Residuals, projections, and feed-forward layers of four times the width. */
    G6("+ residual, projection, x4", "2.08", Structure.PROJECTION, 4, 3),
    /** Layer norms. */
    G7("+ layer norm", "2.06", Structure.LAYER_NORM, 4, 3),
    /** The scaled-up model; wants a GPU. */
    G8("scaled up", "1.48", Structure.LAYER_NORM, 6, 6);

    private static final int BLOCK = 8;
    private static final int CHANNELS = 32;

    private final String title;
    private final String lecture;
    private final Structure structure;
    private final int heads;
    private final int layers;

    GptStage(String title, String lecture, Structure structure, int heads, int layers) {
        this.title = title;
        this.lecture = lecture;
        this.structure = structure;
        this.heads = heads;
        this.layers = layers;
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
        return this == G8
                ? GptConfig.lecture(vocabSize, 256, 384, heads, layers, 0.2)
                : new GptConfig(
                        structure, vocabSize, BLOCK, CHANNELS, heads, layers, 0, false, false);
    }
}
