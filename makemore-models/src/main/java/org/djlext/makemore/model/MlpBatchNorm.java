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

    MlpBatchNorm(HiddenConfig config) {
        super(config, () -> Mlp.layers(withoutNorm(config), norm(config)));
    }

    private static Mlp.Config withoutNorm(HiddenConfig config) {
        return new Mlp.Config(
                config.vocabSize(),
                config.blockSize(),
                config.embedding(),
                config.hidden(),
                MlpInit.KAIMING);
    }

    private static BatchNorm norm(HiddenConfig config) {
        return BatchNorm.builder()
                .optChannels(config.hidden())
                .optEps(0)
                .optMomentum(0.001)
                .optRunning(BatchNorm.Running.DEVIATION)
                .build();
    }
}
