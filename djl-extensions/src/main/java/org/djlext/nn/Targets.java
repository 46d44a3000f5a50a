/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import org.jspecify.annotations.Nullable;

/** What cross entropy checks of its inputs. */
final class Targets {

    private Targets() {}

    /**
     * Checks shapes, types and ranges.
     *
     * @param inputs logits (N, K), labels (N) or probabilities (N, K), and weights (K) if any
     * @param ignoreIndex the label that is no class and allowed, or null
     * @return labels as INT64 of shape (N), or the probabilities as they are
     */
    static NDArray check(NDList inputs, @Nullable Long ignoreIndex) {
        Shape logits = inputs.get(0).getShape();
        NDArray targets = inputs.get(1);
        if (logits.dimension() != 2) {
            throw new IllegalArgumentException(
                    "cross entropy takes logits of shape (N, K), but got " + logits);
        }
        if (inputs.get(2) != null) {
            checkWeights(inputs.get(2), logits.get(1));
        }
        if (targets.getDataType().isFloating() && targets.getShape().equals(logits)) {
            return targets;
        }
        if (!targets.getShape().equals(new Shape(logits.get(0)))) {
            throw new IllegalArgumentException(
                    ("cross entropy takes one label for each row of logits:"
                                    + " logits of shape %s need labels of shape (%s), or"
                                    + " probabilities of their own shape, but got %s")
                            .formatted(logits, logits.get(0), targets.getShape()));
        }
        return checkLabels(targets, logits.get(1), ignoreIndex);
    }

    private static void checkWeights(NDArray weights, long classes) {
        if (!weights.getShape().equals(new Shape(classes))) {
            throw new IllegalArgumentException(
                    "cross entropy over %s classes takes weights of shape (%s), but got %s"
                            .formatted(classes, classes, weights.getShape()));
        }
    }

    /** Checks type and range, and returns the labels as INT64. */
    static NDArray checkLabels(NDArray labels, long classes, @Nullable Long ignoreIndex) {
        String over = " over " + classes + " classes";
        return Checks.indices("cross entropy", over, "labels", labels, classes, ignoreIndex);
    }
}
