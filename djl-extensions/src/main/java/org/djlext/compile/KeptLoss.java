/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.loss.Loss;
import org.jspecify.annotations.Nullable;

/**
 * A loss that knows the value of the predictions that a compiled step has made, and asks another
 * loss for all others, such as those of a validation.
 */
final class KeptLoss extends Loss {

    private final Loss loss;
    private @Nullable NDArray predictions;
    private @Nullable NDArray value;

    KeptLoss(Loss loss) {
        super(loss.getName());
        this.loss = loss;
    }

    /** The loss of the user. */
    Loss loss() {
        return loss;
    }

    /** Keeps the value for predictions. */
    void keep(NDList ofStep, NDArray valueOfStep) {
        predictions = ofStep.head();
        value = valueOfStep;
    }

    /** Tells whether this is the value that was kept last. */
    boolean isKept(NDArray target) {
        return target == value;
    }

    @Override
    public NDArray evaluate(NDList labels, NDList given) {
        NDArray kept = value;
        return kept != null && given.head() == predictions ? kept : loss.evaluate(labels, given);
    }
}
