/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.nn.Block;
import ai.djl.training.initializer.Initializer;
import java.util.ArrayList;
import java.util.List;
import org.djlext.nn.Activations;
import org.djlext.nn.BatchNorm;
import org.djlext.nn.Embedding;
import org.djlext.nn.FlattenConsecutive;
import org.djlext.nn.Linear;

/**
 * The tree of makemore 5: characters are fused two by two, then the pairs, and so on, as the
 * dilated causal convolutions of WaveNet do.
 *
 * <p>Each level is FlattenConsecutive, Linear, BatchNorm, Tanh. All but the last fuse pairs, the
 * last fuses what remains; so one level is the flat network of the same lecture.
 *
 * @see <a href="https://arxiv.org/abs/1609.03499">van den Oord et al., 2016</a>
 */
public final class WaveNet extends ContextModel {

    private static final int PAIR = 2;
    private static final double LAST_LAYER = 0.1;

    /**
     * Makes the model.
     *
     * @param config blockSize, embedding, hidden, layers (the levels) and axes
     */
    public WaveNet(ModelConfig config) {
        super(config, layers(config));
    }

    private static List<Block> layers(ModelConfig config) {
        List<Block> layers = new ArrayList<>();
        layers.add(new Embedding(config.vocabSize(), config.embedding()));
        int positions = config.blockSize();
        int features = config.embedding();
        for (int level = 1; level <= config.layers(); level++) {
            int fused = level < config.layers() ? PAIR : positions;
            layers.add(new FlattenConsecutive(fused));
            layers.add(Linear.lecture((long) features * fused, config.hidden(), false));
            layers.add(
                    BatchNorm.builder()
                            .optChannels(config.hidden())
                            .optAxes(config.axes())
                            .build());
            layers.add(Activations.tanh());
            positions /= fused;
            features = config.hidden();
        }
        layers.add(
                Linear.normal(
                        features,
                        config.vocabSize(),
                        LAST_LAYER / Math.sqrt(features),
                        Initializer.ZEROS));
        return layers;
    }
}
