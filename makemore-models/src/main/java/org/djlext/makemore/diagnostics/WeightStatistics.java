/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.diagnostics;

import ai.djl.ndarray.types.Shape;
import java.util.Locale;

/**
 * The gradient of a weight matrix in one step, beside the weights.
 *
 * @param name the name of the parameter
 * @param shape its shape
 * @param gradient its gradient
 * @param std the standard deviation of the weights after the update
 */
public record WeightStatistics(String name, Shape shape, Distribution gradient, double std) {

    /**
     * {@return how large the gradient is beside the weights, {@code grad:data} of the lecture, as a
     * ratio of standard deviations} Times the learning rate it is how far a step moves them.
     */
    public double ratio() {
        return gradient.std() / std;
    }

    /** {@return the lecture's line on how the gradient is distributed} */
    public String line() {
        return String.format(
                Locale.ROOT,
                "weight %10s | mean %+f | std %e | grad:data ratio %e",
                shape,
                gradient.mean(),
                gradient.std(),
                ratio());
    }
}
