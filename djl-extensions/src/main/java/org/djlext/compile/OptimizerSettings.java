/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

/**
 * What the update of an optimizer of DJL is made of, but for the rates, which change from step to
 * step. All are float in DJL.
 *
 * @param kind how parameters are updated
 * @param weightDecay the factor of the parameter that is added to the gradient
 * @param rescaleGrad the factor of the gradient
 * @param clipGrad the largest value that an element of the gradient may have; negative for any
 * @param momentum the factor of SGD's previous update
 * @param beta1 Adam's factor of the mean of the gradients
 * @param beta2 Adam's factor of the mean of their squares
 * @param eps what Adam adds to the root
 */
record OptimizerSettings(
        Kind kind,
        float weightDecay,
        float rescaleGrad,
        float clipGrad,
        float momentum,
        float beta1,
        float beta2,
        float eps) {

    /** The optimizers that DJL has on PyTorch. */
    enum Kind {
        SGD(1),
        ADAM(2),
        ADAM_W(2);

        /** How many numbers a step has: the learning rate, and Adam's corrected one. */
        final int rates;

        Kind(int rates) {
            this.rates = rates;
        }
    }

    /** How many arrays are kept for a parameter. */
    int states() {
        return kind == Kind.SGD ? (momentum == 0 ? 0 : 1) : 2;
    }

    /** Tells whether the decay is taken from the parameter, and not added to the gradient. */
    boolean decoupled() {
        return kind == Kind.ADAM_W;
    }

    /** Writes the update of a parameter. */
    void write(Updates updates, Updates.Update update) {
        if (kind == Kind.SGD) {
            updates.sgd(update, this);
        } else {
            updates.adam(update, this);
        }
    }
}
