/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import java.util.List;
import java.util.function.IntToDoubleFunction;

/** p = p - learning rate * dL/dp, and how the learning rate goes down with the steps. */
public final class GradientDescent {

    private GradientDescent() {}

    /**
     * Moves each parameter against its gradient, which points to where the loss grows.
     *
     * @param parameters the parameters, after backward
     * @param learningRate how far to go
     */
    public static void step(List<Value> parameters, double learningRate) {
        for (Value p : parameters) {
            p.data -= learningRate * p.grad;
        }
    }

    /**
     * A learning rate that goes down in equal steps: first - (first - last) * k / steps. From 1 to
     * 0.1 it is the moons demo's 1 - 0.9 k / 100; {@code last} would be that of the step after the
     * last one.
     *
     * @param first the learning rate of step 0
     * @param last the learning rate that it goes down to
     * @param steps the number of steps
     * @return the learning rate of step k
     */
    public static IntToDoubleFunction linear(double first, double last, int steps) {
        double drop = first - last;
        return k -> first - drop * k / steps;
    }
}
