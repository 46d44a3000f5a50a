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
    private NDList predictions = new NDList();
    private NDList labels = new NDList();
    private @Nullable NDArray value;

    KeptLoss(Loss loss) {
        super(loss.getName());
        this.loss = loss;
    }

    /** The loss of the user. */
    Loss loss() {
        return loss;
    }

    /** Keeps the value for labels and predictions. */
    void keep(NDList labelsOfStep, NDList predictionsOfStep, NDArray valueOfStep) {
        labels = labelsOfStep;
        predictions = predictionsOfStep;
        value = valueOfStep;
    }

    /** Tells whether this is the value that was kept last. */
    boolean isKept(NDArray target) {
        return target == value;
    }

    @Override
    public NDArray evaluate(NDList givenLabels, NDList givenPredictions) {
        NDArray kept = value;
        return kept != null && isSame(givenLabels, labels) && isSame(givenPredictions, predictions)
                ? kept
                : loss.evaluate(givenLabels, givenPredictions);
    }

    /** Tells whether lists have the same arrays, and not only the same numbers. */
    static boolean isSame(NDList given, NDList kept) {
        boolean same = given.size() == kept.size();
        for (int i = 0; same && i < given.size(); i++) {
            same = given.get(i) == kept.get(i);
        }
        return same;
    }
}
