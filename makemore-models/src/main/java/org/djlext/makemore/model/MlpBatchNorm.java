/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import java.util.List;
import org.djlext.nn.Activations;
import org.djlext.nn.BatchNorm;
import org.djlext.nn.Embedding;
import org.djlext.nn.FlattenConsecutive;
import org.djlext.nn.Linear;

/**
 * The MLP of makemore 3 with batch normalization before tanh, in the lecture's first version: no
 * eps, a running standard deviation, and no bias before it, because the mean would take it away.
 */
public final class MlpBatchNorm extends ContextModel {

    /**
     * The sizes.
     *
     * @param vocabSize V, the number of characters
     * @param blockSize how many characters the model sees
     * @param embedding the length of a character's vector
     * @param hidden the number of hidden units
     */
    public record Config(int vocabSize, int blockSize, int embedding, int hidden)
            implements ModelConfig {

        /** Returns the numbers of a context side by side. */
        int inputs() {
            return blockSize * embedding;
        }

        @Override
        public MlpBatchNorm model() {
            return new MlpBatchNorm(this);
        }
    }

    /**
     * Makes the model.
     *
     * @param config the sizes
     */
    public MlpBatchNorm(Config config) {
        super(
                config,
                () -> List.of(
                        new Embedding(config.vocabSize(), config.embedding()),
                        FlattenConsecutive.all(config.blockSize()),
                        Linear.normal(
                                config.inputs(),
                                config.hidden(),
                                MlpInit.KAIMING.hiddenWeight(config.inputs()),
                                null),
                        BatchNorm.builder()
                                .optChannels(config.hidden())
                                .optEps(0)
                                .optMomentum(0.001)
                                .optRunning(BatchNorm.Running.DEVIATION)
                                .build(),
                        Activations.tanh(),
                        Linear.normal(
                                config.hidden(),
                                config.vocabSize(),
                                MlpInit.KAIMING.outputWeight,
                                Mlp.normal(MlpInit.KAIMING.outputBias))));
    }
}
