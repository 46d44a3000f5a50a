/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.diagnostics;

import ai.djl.ndarray.types.Shape;
import java.util.Locale;

/**
 * What came out of a layer in one step, and what came back to it.
 *
 * @param number the lecture's number of the layer
 * @param layer what the layer is, such as Tanh
 * @param shape the shape of its output
 * @param values the output
 * @param saturated the part of the output beyond {@link Saturation#LIMIT}
 * @param gradient the gradient of the loss with respect to the output
 */
public record LayerStatistics(
        int number,
        String layer,
        Shape shape,
        Distribution values,
        double saturated,
        Distribution gradient) {

    /** {@return the lecture's line on how the output is distributed} */
    public String activationLine() {
        return new LayerActivation(number, layer, values, saturated).line();
    }

    /** {@return the lecture's line on how the gradient is distributed} */
    public String gradientLine() {
        return String.format(
                Locale.ROOT,
                "layer %d (%10s): mean %+f, std %e",
                number,
                layer,
                gradient.mean(),
                gradient.std());
    }
}
