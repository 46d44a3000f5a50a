/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import java.io.Serializable;
import org.djlext.makemore.model.LanguageModel;
import org.djlext.optim.TorchAdamW;
import org.djlext.optim.TorchOptimizer;
import org.djlext.optim.TorchSgd;

/**
 * What updates the parameters.
 *
 * @param kind the optimizer
 * @param beta1 AdamW's first beta
 * @param beta2 AdamW's second beta
 * @param weightDecay how fast parameters decay, 0 for not at all
 * @param decayAll whether all of them do, or only matrices and not biases and norms
 */
public record OptimizerConfig(
        Kind kind, double beta1, double beta2, double weightDecay, boolean decayAll)
        implements Serializable {

    /** The optimizers. */
    public enum Kind {
        /** Plain gradient descent on mini-batches, as in the lectures. */
        SGD,
        /** AdamW. */
        ADAMW
    }

    void check() {
        if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1)) {
            throw new IllegalArgumentException(
                    "a beta must be from 0 to less than 1, but they are " + beta1 + ", " + beta2);
        }
        if (!(weightDecay >= 0 && weightDecay < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "the weight decay must not be negative, but is " + weightDecay);
        }
    }

    /**
     * {@return plain gradient descent}
     *
     * @param weightDecay how fast all parameters decay
     */
    public static OptimizerConfig sgd(double weightDecay) {
        return new OptimizerConfig(Kind.SGD, 0, 0, weightDecay, true);
    }

    /**
     * {@return AdamW with the makemore program's betas, 0.9 and 0.99}
     *
     * @param weightDecay how fast all parameters decay
     */
    public static OptimizerConfig adamW(double weightDecay) {
        return new OptimizerConfig(Kind.ADAMW, 0.9, 0.99, weightDecay, true);
    }

    /** Makes the optimizer of a model, which is closed by its owner. */
    TorchOptimizer make(LanguageModel model) {
        return switch (kind) {
            case SGD -> TorchSgd.builder().optWeightDecay(weightDecay).build();
            case ADAMW -> {
                TorchAdamW.Builder adamW =
                        TorchAdamW.builder().optBetas(beta1, beta2).optWeightDecay(weightDecay);
                if (!decayAll) {
                    adamW.optDecay(
                            model.getParameters(),
                            (name, parameter) -> parameter.getShape().dimension() > 1);
                }
                yield adamW.build();
            }
        };
    }
}
