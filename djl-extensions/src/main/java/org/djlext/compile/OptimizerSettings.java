/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import java.util.ArrayList;
import java.util.List;

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
        SGD,
        ADAM,
        ADAM_W
    }

    /** The names of the numbers that differ from step to step. */
    List<String> numbers() {
        // The rate that Adam multiplies by has both corrections of the bias in it.
        return kind == Kind.SGD ? List.of("lr") : List.of("lr", "rate");
    }

    /** The names of what is kept for a parameter. */
    List<String> stateNames() {
        if (kind == Kind.SGD) {
            return momentum == 0 ? List.of() : List.of("momentum");
        }
        return List.of("mean", "square");
    }

    /** The update as DJL's engine does it. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        if (rescaleGrad != 1) {
            lines.add("gradients = _foreach_mul(gradients, " + (double) rescaleGrad + ")");
        }
        if (clipGrad >= 0) {
            lines.add("gradients = _foreach_clamp_max(gradients, " + (double) clipGrad + ")");
        }
        if (weightDecay != 0) {
            lines.add(
                    kind == Kind.ADAM_W
                            ? "_foreach_mul_(weights, 1.0 - lr * " + (double) weightDecay + ")"
                            : "gradients = _foreach_add(gradients, weights, alpha="
                                    + (double) weightDecay
                                    + ")");
        }
        lines.addAll(kind == Kind.SGD ? sgd() : adam());
        return lines;
    }

    // The rate sits inside the momentum.
    private List<String> sgd() {
        return momentum == 0
                ? List.of("_foreach_add_(weights, gradients, alpha=-lr)")
                : List.of(
                        "_foreach_mul_(momentum, " + (double) momentum + ")",
                        "_foreach_add_(momentum, gradients, alpha=lr)",
                        "_foreach_sub_(weights, momentum)");
    }

    // 1 - beta in float, as the engine's own sources have it. The root is a new list once more:
    // libtorch drops what changes a list of the script in place.
    private List<String> adam() {
        return List.of(
                "_foreach_mul_(mean, " + (double) beta1 + ")",
                "_foreach_add_(mean, gradients, alpha=" + (double) (1 - beta1) + ")",
                "_foreach_mul_(square, " + (double) beta2 + ")",
                "_foreach_addcmul_(square, gradients, gradients, " + (double) (1 - beta2) + ")",
                "root = _foreach_sqrt(square)",
                "root = _foreach_add(root, " + (double) eps + ")",
                "_foreach_addcdiv_(weights, mean, root, -rate)");
    }
}
