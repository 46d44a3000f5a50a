/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.training.initializer.NormalInitializer;
import java.util.List;
import org.djlext.nn.Activations;
import org.djlext.nn.Embedding;
import org.djlext.nn.FlattenConsecutive;
import org.djlext.nn.Linear;

/**
 * The MLP of makemore 2: the vectors of the last three characters side by side, a hidden layer with
 * tanh, a linear layer.
 *
 * <p>{@link ModelConfig#init} says how it starts: as in makemore 2, or with one remedy after the
 * other of makemore 3.
 *
 * @see <a href="https://www.jmlr.org/papers/v3/bengio03a.html">Bengio et al., 2003</a>
 */
public final class Mlp extends ContextModel {

    /**
     * Makes the model.
     *
     * @param config blockSize, embedding, hidden and init
     */
    public Mlp(ModelConfig config) {
        super(
                config,
                List.of(
                        new Embedding(config.vocabSize(), config.embedding()),
                        FlattenConsecutive.all(config.blockSize()),
                        Linear.normal(
                                inputs(config),
                                config.hidden(),
                                config.init().hiddenWeight(inputs(config)),
                                normal(config.init().hiddenBias())),
                        Activations.tanh(),
                        Linear.normal(
                                config.hidden(),
                                config.vocabSize(),
                                config.init().outputWeight(),
                                normal(config.init().outputBias()))));
    }

    static int inputs(ModelConfig config) {
        return config.blockSize() * config.embedding();
    }

    // Also with sigma 0 numbers are drawn, as the lecture's torch.randn(..) * 0 does: what is
    // drawn next, the mini-batches, depends on it.
    static NormalInitializer normal(double sigma) {
        return new NormalInitializer((float) sigma);
    }
}
