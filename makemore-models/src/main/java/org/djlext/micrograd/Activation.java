/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

/** What a neuron does with its weighted sum. */
public enum Activation {
    /** Nothing. */
    LINEAR,
    /** Squashes it between -1 and 1. */
    TANH,
    /** Squashes it at zero. */
    RELU;

    Value apply(Value sum) {
        return switch (this) {
            case LINEAR -> sum;
            case TANH -> sum.tanh();
            case RELU -> sum.relu();
        };
    }
}
