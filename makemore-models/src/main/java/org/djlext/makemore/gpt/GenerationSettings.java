/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

/**
 * How characters are drawn.
 *
 * @param temperature what logits are divided by: below 1 for likelier text, above 1 for stranger; 0
 *     always takes the likeliest
 * @param topK how many of the likeliest characters are drawn from; 0 for all
 * @param topP the smallest set of the likeliest characters whose probabilities reach this sum is
 *     drawn from; 1 for all
 * @param window what is seen of a text that is longer than the block size
 * @param cache whether keys and values are kept from one character to the next
 */
public record GenerationSettings(
        double temperature, int topK, double topP, Window window, boolean cache) {

    /**
     * What is seen of a text that has become longer than the block size. A character's key and
     * value depend on its place in the window, so when the window moves, all of them have to be
     * computed again.
     */
    public enum Window {
        /**
         * Always as many characters as fit, as in the lecture: from there on the window moves with
         * each character, and the cache is no help.
         */
        SLIDE,
        /**
         * When the window is full the older half of it is forgotten, and what is kept is computed
         * again once; the cache then helps until it is full again. The model sees half a window to
         * a whole one.
         */
        JUMP
    }

    /** The lecture's: the model's own distribution, and the sliding window; with the cache. */
    public static final GenerationSettings LECTURE =
            new GenerationSettings(1, 0, 1, Window.SLIDE, true);

    /**
     * Checks the settings.
     *
     * @param temperature 0 for the likeliest, or at least 1e-6
     * @param topK at least 0
     * @param topP greater than 0, at most 1
     * @param window what is seen
     * @param cache whether there is a cache
     */
    public GenerationSettings {
        // Less, and logits divided by it do not fit into a float.
        if (!(temperature == 0
                || (temperature >= 1e-6 && temperature < Double.POSITIVE_INFINITY))) {
            throw new IllegalArgumentException(
                    "the temperature must be 0 or at least 1e-6, but is " + temperature);
        }
        if (topK < 0) {
            throw new IllegalArgumentException("top-k must be at least 0, but is " + topK);
        }
        if (!(topP > 0 && topP <= 1)) {
            throw new IllegalArgumentException(
                    "top-p must be greater than 0 and at most 1, but is " + topP);
        }
    }

    /**
     * Returns settings that differ in the cache.
     *
     * @param kept whether there is a cache
     * @return the new settings
     */
    public GenerationSettings withCache(boolean kept) {
        return new GenerationSettings(temperature, topK, topP, window, kept);
    }
}
