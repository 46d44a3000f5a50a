/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.loss.Loss;
import org.djlext.makemore.model.LanguageModel;

/**
 * The loss of a language model for DJL's {@code Trainer}: the mean cross entropy over all positions
 * that have something to predict.
 */
public final class LanguageModelLoss extends Loss {

    private final LanguageModel model;

    /**
     * Makes the loss of a model.
     *
     * @param model the model, which also says who differentiates
     */
    public LanguageModelLoss(LanguageModel model) {
        super("CrossEntropy");
        this.model = model;
    }

    /**
     * Computes the loss.
     *
     * @param labels one array, (B) or (B, T), INT64
     * @param predictions one array, the logits (B, V) or (B, T, V)
     * @return a scalar
     */
    @Override
    public NDArray evaluate(NDList labels, NDList predictions) {
        return model.loss(predictions.singletonOrThrow(), labels.singletonOrThrow());
    }
}
