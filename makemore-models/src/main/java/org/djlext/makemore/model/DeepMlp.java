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
import org.jspecify.annotations.Nullable;

/**
 * The six-layer network of makemore 3, with which the lecture looks at activations, gradients and
 * updates.
 *
 * <p>With batch norm: five times Linear, BatchNorm, Tanh, then Linear and BatchNorm, whose gamma
 * starts at 0.1. Without: five times Linear and Tanh, then Linear, whose weights start at a tenth.
 * The configuration's gain, fanIn and tanh are the lecture's experiments.
 */
public final class DeepMlp extends ContextModel {

    private static final double LAST_LAYER = 0.1;

    /**
     * The sizes.
     *
     * @param vocabSize V, the number of characters
     * @param blockSize how many characters the model sees
     * @param embedding the length of a character's vector
     * @param hidden the number of hidden units
     * @param layers the number of hidden layers
     * @param batchNorm whether there is batch normalization
     * @param gain what the initial weights of the hidden layers are multiplied by
     * @param fanIn whether they are divided by the root of the number of inputs
     * @param tanh whether there are nonlinearities
     */
    public record Config(
            int vocabSize,
            int blockSize,
            int embedding,
            int hidden,
            int layers,
            boolean batchNorm,
            double gain,
            boolean fanIn,
            boolean tanh)
            implements ModelConfig {

        @Override
        public void check() {
            ModelConfig.super.check();
            Sizes.checkFinite("gain", gain);
        }

        @Override
        public DeepMlp model() {
            return new DeepMlp(this);
        }
    }

    private DeepMlp(Config config) {
        super(config, () -> layers(config));
    }

    private static List<Block> layers(Config config) {
        List<Block> layers = new ArrayList<>();
        layers.add(new Embedding(config.vocabSize(), config.embedding()));
        layers.add(FlattenConsecutive.all(config.blockSize()));
        int in = config.blockSize() * config.embedding();
        for (int i = 0; i < config.layers(); i++) {
            layers.add(linear(config, in, config.hidden(), config.gain()));
            if (config.batchNorm()) {
                layers.add(norm(config.hidden(), 1));
            }
            if (config.tanh()) {
                layers.add(Activations.tanh());
            }
            in = config.hidden();
        }
        // Less confident at the start: by the scale of batch norm, which would undo that of the
        // weights.
        int out = config.vocabSize();
        if (config.batchNorm()) {
            layers.add(linear(config, in, out, config.gain()));
            layers.add(norm(out, LAST_LAYER));
        } else {
            layers.add(linear(config, in, out, LAST_LAYER));
        }
        return layers;
    }

    private static Block linear(Config config, int in, int out, double gain) {
        double sigma = config.fanIn() ? gain / Math.sqrt(in) : gain;
        @Nullable Initializer bias = config.batchNorm() ? null : Initializer.ZEROS;
        return Linear.normal(in, out, sigma, bias);
    }

    private static Block norm(int channels, double gamma) {
        return BatchNorm.builder().optChannels(channels).optGamma(gamma).build();
    }
}
