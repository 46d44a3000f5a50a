/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.layer;

import java.util.List;
import org.djlext.makemore.fused.FusedTanh;

/** Nonlinear layers. They have no parameters and keep the shape. */
public final class Activations {

    private Activations() {}

    /**
     * Makes a layer of tanh.
     *
     * @param gradients who differentiates
     * @return the layer
     */
    public static Layer tanh(Gradients gradients) {
        return Layer.of("Tanh", gradients.operations()::tanh, List.of(new FusedTanh()));
    }

    /**
     * Makes a layer of max(x, 0).
     *
     * @param gradients who differentiates
     * @return the layer
     */
    public static Layer relu(Gradients gradients) {
        return Layer.of("ReLU", gradients.operations()::relu, List.of());
    }

    /**
     * Makes a layer of GPT-2's gelu.
     *
     * @param gradients who differentiates
     * @return the layer
     */
    public static Layer gelu(Gradients gradients) {
        return Layer.of("NewGELU", gradients.operations()::gelu, List.of());
    }
}
