/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.fused;

import ai.djl.ndarray.NDArray;

/**
 * The first layer: a row of the table for each index.
 *
 * @param weight the table, (V, features)
 */
public record FusedEmbedding(NDArray weight) implements FusedLayer {

    @Override
    public Runnable write(StepCode code) {
        String c = code.array(weight);
        String indices = code.x();
        code.line("%s = torch.embedding(%s, %s)", code.next(), c, indices);
        // A row gets the sum over all places where it was taken; indices have no gradient.
        return () ->
                code.line(
                        "%s.sub_(torch.embedding_dense_backward(d, %s, %d, -1, False), alpha=lr)",
                        c, indices, weight.getShape().get(0));
    }
}
