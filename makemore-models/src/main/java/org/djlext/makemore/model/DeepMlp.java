/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.training.initializer.Initializer;
import java.util.ArrayList;
import java.util.List;
import org.djlext.makemore.layer.Activations;
import org.djlext.makemore.layer.BatchNorm1d;
import org.djlext.makemore.layer.Embedding;
import org.djlext.makemore.layer.FlattenConsecutive;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.layer.Layer;
import org.djlext.makemore.layer.Linear;
import org.jspecify.annotations.Nullable;

/**
 * The six-layer network of makemore 3, with which the lecture looks at activations, gradients and
 * updates.
 *
 * <p>With batch norm: five times Linear, BatchNorm1d, Tanh, then Linear and BatchNorm1d, whose
 * gamma starts at 0.1. Without: five times Linear and Tanh, then Linear, whose weights start at a
 * tenth. The configuration's gain, fanIn and tanh are the lecture's experiments.
 */
public final class DeepMlp extends ContextModel {

    private static final double LAST_LAYER = 0.1;

    /**
     * Makes the model.
     *
     * @param config blockSize, embedding, hidden, layers (the hidden ones), batchNorm, gain, fanIn
     *     and tanh
     * @param gradients who differentiates
     */
    public DeepMlp(ModelConfig config, Gradients gradients) {
        super(config, gradients, layers(config, gradients));
    }

    private static List<Layer> layers(ModelConfig config, Gradients gradients) {
        List<Layer> layers = new ArrayList<>();
        layers.add(new Embedding(gradients, config.vocabSize(), config.embedding()));
        layers.add(FlattenConsecutive.all(config.blockSize()));
        int in = Mlp.inputs(config);
        for (int i = 0; i < config.layers(); i++) {
            layers.add(linear(config, gradients, in, config.hidden(), config.gain()));
            if (config.batchNorm()) {
                layers.add(norm(config.hidden(), gradients, 1));
            }
            if (config.tanh()) {
                layers.add(Activations.tanh(gradients));
            }
            in = config.hidden();
        }
        // Less confident at the start: by the scale of batch norm, which would undo that of the
        // weights.
        int out = config.vocabSize();
        if (config.batchNorm()) {
            layers.add(linear(config, gradients, in, out, config.gain()));
            layers.add(norm(out, gradients, LAST_LAYER));
        } else {
            layers.add(linear(config, gradients, in, out, LAST_LAYER));
        }
        return layers;
    }

    private static Layer linear(
            ModelConfig config, Gradients gradients, int in, int out, double gain) {
        double sigma = config.fanIn() ? gain / Math.sqrt(in) : gain;
        @Nullable Initializer bias = config.batchNorm() ? null : Initializer.ZEROS;
        return Linear.normal(gradients, in, out, sigma, bias);
    }

    private static Layer norm(int channels, Gradients gradients, double gamma) {
        return new BatchNorm1d(gradients, channels, BatchNorm1d.Settings.MODULE.withGamma(gamma));
    }
}
