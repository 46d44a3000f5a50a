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

    private static final int MAX_LEVELS = 20;
    private static final int PAIR = 2;
    private static final double LAST_LAYER = 0.1;

    /**
     * The sizes.
     *
     * @param vocabSize V, the number of characters
     * @param blockSize how many characters the model sees
     * @param embedding the length of a character's vector
     * @param hidden the number of hidden units
     * @param layers the levels of the tree
     * @param axes over which axes batch norm goes
     */
    public record Config(
            int vocabSize,
            int blockSize,
            int embedding,
            int hidden,
            int layers,
            BatchNorm.Axes axes)
            implements ModelConfig {

        @Override
        public void check() {
            ModelConfig.super.check();
            if (layers > MAX_LEVELS) {
                throw new IllegalArgumentException(
                        "wavenet has at most " + MAX_LEVELS + " layers, but got " + layers);
            }
            int pairs = 1 << (layers - 1);
            if (layers > 1 && (blockSize % pairs != 0 || blockSize == pairs)) {
                throw new IllegalArgumentException(
                        ("wavenet with %s layers fuses pairs %s times before the last layer, which"
                                        + " needs two or more, so its block size must be a"
                                        + " multiple of %s from %s on, but is %s")
                                .formatted(layers, layers - 1, pairs, 2 * pairs, blockSize));
            }
        }

        @Override
        public WaveNet model() {
            return new WaveNet(this);
        }
    }

    private WaveNet(Config config) {
        super(config, () -> layers(config));
    }

    private static List<Block> layers(Config config) {
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
