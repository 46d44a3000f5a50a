/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.nn.Block;
import ai.djl.training.initializer.NormalInitializer;
import java.util.ArrayList;
import java.util.List;
import org.djlext.nn.Activations;
import org.djlext.nn.BatchNorm;
import org.djlext.nn.Embedding;
import org.djlext.nn.FlattenConsecutive;
import org.djlext.nn.Linear;
import org.jspecify.annotations.Nullable;

/**
 * The MLP of makemore 2: the vectors of the last three characters side by side, a hidden layer with
 * tanh, a linear layer.
 *
 * <p>{@link Config#init} says how it starts: as in makemore 2, or with one remedy after the other
 * of makemore 3.
 *
 * @see <a href="https://www.jmlr.org/papers/v3/bengio03a.html">Bengio et al., 2003</a>
 */
public final class Mlp extends ContextModel {

    /**
     * The sizes.
     *
     * @param vocabSize V, the number of characters
     * @param blockSize how many characters the model sees
     * @param embedding the length of a character's vector
     * @param hidden the number of hidden units
     * @param init how it starts
     */
    public record Config(int vocabSize, int blockSize, int embedding, int hidden, MlpInit init)
            implements ModelConfig {

        @Override
        public Mlp model() {
            return new Mlp(this);
        }
    }

    private Mlp(Config config) {
        super(config, () -> layers(config, null));
    }

    /** Returns the layers, with batch norm in place of the hidden bias if it is given. */
    static List<Block> layers(Config config, @Nullable BatchNorm norm) {
        int inputs = config.blockSize() * config.embedding();
        MlpInit init = config.init();
        List<Block> layers = new ArrayList<>();
        layers.add(new Embedding(config.vocabSize(), config.embedding()));
        layers.add(FlattenConsecutive.all(config.blockSize()));
        layers.add(
                Linear.normal(
                        inputs,
                        config.hidden(),
                        init.hiddenWeight(inputs),
                        norm == null ? normal(init.hiddenBias) : null));
        if (norm != null) {
            layers.add(norm);
        }
        layers.add(Activations.tanh());
        layers.add(
                Linear.normal(
                        config.hidden(),
                        config.vocabSize(),
                        init.outputWeight,
                        normal(init.outputBias)));
        return layers;
    }

    // Also with sigma 0 numbers are drawn, as the lecture's torch.randn(..) * 0 does: what is
    // drawn next, the mini-batches, depends on it.
    private static NormalInitializer normal(double sigma) {
        return new NormalInitializer((float) sigma);
    }
}
