/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.loss.Loss;
import org.jspecify.annotations.Nullable;

/**
 * A loss that is computed once for the same predictions: DJL asks for it for the backward, and
 * again in the listener that averages it.
 */
final class RememberedLoss extends Loss {

    private final Loss loss;
    private @Nullable NDArray predictions;
    private @Nullable NDArray value;

    RememberedLoss(Loss loss) {
        super(loss.getName());
        this.loss = loss;
    }

    /** Returns the loss that computes. */
    Loss loss() {
        return loss;
    }

    /** Says what the loss of some predictions is. */
    void remember(NDArray predictions, NDArray value) {
        this.predictions = predictions;
        this.value = value;
    }

    @Override
    public NDArray evaluate(NDList labels, NDList predictions) {
        // By identity: to NDArray, equal is what has equal numbers.
        if (value == null || predictions.size() != 1 || predictions.get(0) != this.predictions) {
            NDArray computed = loss.evaluate(labels, predictions);
            if (predictions.size() != 1) {
                return computed;
            }
            remember(predictions.get(0), computed);
            return computed;
        }
        return value;
    }
}
