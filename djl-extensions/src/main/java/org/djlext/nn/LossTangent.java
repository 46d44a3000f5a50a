/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import org.jspecify.annotations.Nullable;

/** Forward mode of a loss: how a single number changes is its gradient times the direction. */
final class LossTangent {

    private LossTangent() {}

    /**
     * Returns the derivative of a loss in a direction.
     *
     * @param gradients the gradient of each input, for an upstream gradient of 1
     * @param tangents the direction of each input; null for one that does not change
     * @param axes the axes to sum over where each row has a loss of its own; null for all
     */
    static NDArray of(NDList gradients, NDList tangents, int @Nullable [] axes) {
        NDArray sum = null;
        for (int i = 0; i < tangents.size(); i++) {
            if (tangents.get(i) == null || gradients.get(i) == null) {
                continue;
            }
            NDArray product = gradients.get(i).mul(tangents.get(i));
            NDArray term = axes == null ? product.sum() : product.sum(axes);
            sum = sum == null ? term : sum.add(term);
        }
        if (sum == null) {
            throw new IllegalStateException("no input of the loss changes");
        }
        return sum;
    }
}
