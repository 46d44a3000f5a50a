/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.sample;

import java.io.Serializable;

/**
 * How names are drawn.
 *
 * @param temperature what logits are divided by: below 1 for likelier names, above 1 for stranger
 *     ones, at least 1e-6
 * @param topK how many of the likeliest characters are drawn from, 0 for all
 * @param prefix what every name starts with
 */
public record SamplerSettings(double temperature, int topK, String prefix) implements Serializable {

    private static final double COLDEST = 1e-6;

    /** From the model's own distribution, from the start. */
    public static final SamplerSettings PLAIN = new SamplerSettings(1, 0, "");

    /**
     * Checks the settings.
     *
     * @param temperature at least 1e-6
     * @param topK at least 0
     * @param prefix any text of the vocabulary's characters
     */
    public SamplerSettings {
        // Less, and logits divided by it do not fit into a float.
        if (!(temperature >= COLDEST && temperature < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "the temperature must be at least " + COLDEST + ", but is " + temperature);
        }
        if (topK < 0) {
            throw new IllegalArgumentException("top-k must be at least 0, but is " + topK);
        }
    }
}
