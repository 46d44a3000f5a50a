/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import java.util.List;
import org.djlext.makemore.layer.Activations;
import org.djlext.makemore.layer.BatchNorm1d;
import org.djlext.makemore.layer.Embedding;
import org.djlext.makemore.layer.FlattenConsecutive;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.layer.Linear;

/**
 * The MLP of makemore 3 with batch normalization before tanh, in the lecture's first version: no
 * eps, a running standard deviation, and no bias before it, because the mean would take it away.
 */
public final class MlpBatchNorm extends ContextModel {

    /**
     * Makes the model.
     *
     * @param config blockSize, embedding and hidden
     * @param gradients who differentiates
     */
    public MlpBatchNorm(ModelConfig config, Gradients gradients) {
        super(
                config,
                gradients,
                List.of(
                        new Embedding(gradients, config.vocabSize(), config.embedding()),
                        FlattenConsecutive.all(config.blockSize()),
                        Linear.normal(
                                gradients,
                                Mlp.inputs(config),
                                config.hidden(),
                                MlpInit.KAIMING.hiddenWeight(Mlp.inputs(config)),
                                null),
                        new BatchNorm1d(gradients, config.hidden(), BatchNorm1d.Settings.FIRST),
                        Activations.tanh(gradients),
                        Linear.normal(
                                gradients,
                                config.hidden(),
                                config.vocabSize(),
                                MlpInit.KAIMING.outputWeight(),
                                Mlp.normal(MlpInit.KAIMING.outputBias()))));
    }
}
