/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;

/**
 * Sets elements to 0 at random in training, by {@link DropoutFunction}; the identity in evaluation.
 *
 * <p>Input and output: (..). There are no parameters.
 */
public final class Dropout extends Layer {

    private final DropoutFunction function;

    /**
     * Makes the layer.
     *
     * @param p the probability that an element is set to 0, from 0 to 1
     */
    public Dropout(double p) {
        function = new DropoutFunction(p, true);
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        return pass.training() ? function.apply(x) : x;
    }
}
