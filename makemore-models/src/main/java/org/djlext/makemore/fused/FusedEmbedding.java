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
        String c = code.parameter(weight);
        String y = code.buffer(weight.getShape().get(1));
        code.line("torch.index_select(%s, 0, x0, out=%s)", c, y);
        // A row gets the sum over all places where it was taken; indices have no gradient.
        return () -> code.placedGradient(c, "x0", StepCode.d(y), weight.getShape().get(0));
    }
}
