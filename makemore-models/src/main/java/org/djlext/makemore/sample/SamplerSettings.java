/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.sample;

/**
 * How names are drawn.
 *
 * @param temperature what logits are divided by: below 1 for likelier names, above 1 for stranger
 *     ones, greater than 0
 * @param topK how many of the likeliest characters are drawn from, 0 for all
 * @param prefix what every name starts with
 */
public record SamplerSettings(double temperature, int topK, String prefix) {

    /** From the model's own distribution, from the start. */
    public static final SamplerSettings PLAIN = new SamplerSettings(1, 0, "");

    /**
     * Checks the settings.
     *
     * @param temperature greater than 0
     * @param topK at least 0
     * @param prefix any text of the vocabulary's characters
     */
    public SamplerSettings {
        if (!(temperature > 0 && temperature < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "the temperature must be greater than 0, but is " + temperature);
        }
        if (topK < 0) {
            throw new IllegalArgumentException("top-k must be at least 0, but is " + topK);
        }
    }
}
