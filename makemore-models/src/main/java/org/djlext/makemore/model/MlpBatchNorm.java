/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import org.djlext.nn.BatchNorm;

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

        private Mlp.Config withoutNorm() {
            return new Mlp.Config(vocabSize, blockSize, embedding, hidden, MlpInit.KAIMING);
        }

        @Override
        public MlpBatchNorm model() {
            return new MlpBatchNorm(this);
        }
    }

    private MlpBatchNorm(Config config) {
        super(config, () -> Mlp.layers(config.withoutNorm(), norm(config)));
    }

    private static BatchNorm norm(Config config) {
        return BatchNorm.builder()
                .optChannels(config.hidden())
                .optEps(0)
                .optMomentum(0.001)
                .optRunning(BatchNorm.Running.DEVIATION)
                .build();
    }
}
