/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.sample;

import java.io.Serializable;

/**
 * How names and texts are drawn.
 *
 * <pre>{@code
 * SamplerSettings.builder().temperature(0.8).topP(0.9).prefix("ma").build()
 * }</pre>
 */
public final class SamplerSettings implements Serializable {

    private static final long serialVersionUID = 1L;

    // Less, and logits divided by it do not fit into a float.
    private static final double COLDEST = 1e-6;

    /** From the model's own distribution, from the start. */
    public static final SamplerSettings PLAIN = builder().build();

    final double temperature;
    final int topK;
    final double topP;
    final String prefix;
    final int length;
    final Window window;
    final boolean cache;

    /**
     * What a model with a vector for each position sees of a text that is longer than its block
     * size. What is kept of a token depends on its place in the window, so when the window moves,
     * all of it is read again.
     */
    public enum Window {
        /**
         * Always as many tokens as fit, as in the lecture: from there on the window moves with each
         * token, and the cache is no help.
         */
        SLIDE,
        /**
         * When the window is full its older half is forgotten and the rest is read again once; the
         * cache then helps until it is full again. The model sees half a window to a whole one.
         */
        JUMP
    }

    private SamplerSettings(Builder builder) {
        temperature = builder.temperature;
        topK = builder.topK;
        topP = builder.topP;
        prefix = builder.prefix;
        length = builder.length;
        window = builder.window;
        cache = builder.cache;
    }

    /** {@return a builder of {@link #PLAIN}} */
    public static Builder builder() {
        return new Builder();
    }

    /** The builder of {@link SamplerSettings}. */
    public static final class Builder {

        private double temperature = 1;
        private int topK;
        private double topP = 1;
        private String prefix = "";
        private int length = 500;
        private Window window = Window.SLIDE;
        private boolean cache = true;

        private Builder() {}

        /**
         * Sets what logits are divided by.
         *
         * @param temperature below 1 for likelier tokens, above 1 for stranger ones, at least 1e-6;
         *     or 0 to take the likeliest always; default 1
         * @return this builder
         */
        public Builder temperature(double temperature) {
            if (!(temperature == 0
                    || (temperature >= COLDEST && temperature < Double.POSITIVE_INFINITY))) {
                throw new IllegalArgumentException(
                        "the temperature must be 0 or at least 1e-6, but is " + temperature);
            }
            this.temperature = temperature;
            return this;
        }

        /**
         * Sets how many of the likeliest tokens are drawn from.
         *
         * @param topK the number; default 0, all
         * @return this builder
         */
        public Builder topK(int topK) {
            if (topK < 0) {
                throw new IllegalArgumentException("top-k must be at least 0, but is " + topK);
            }
            this.topK = topK;
            return this;
        }

        /**
         * Draws from the smallest set of the likeliest tokens whose probabilities reach a sum;
         * after {@link #temperature} and {@link #topK}.
         *
         * @param topP the sum, greater than 0; default 1, all
         * @return this builder
         * @see <a href="https://arxiv.org/abs/1904.09751">Holtzman et al., 2019</a>
         */
        public Builder topP(double topP) {
            if (!(topP > 0 && topP <= 1)) {
                throw new IllegalArgumentException(
                        "top-p must be greater than 0 and at most 1, but is " + topP);
            }
            this.topP = topP;
            return this;
        }

        /**
         * Sets what every name or text starts with.
         *
         * @param prefix any text of the vocabulary's characters; default none
         * @return this builder
         */
        public Builder prefix(String prefix) {
            this.prefix = prefix;
            return this;
        }

        /**
         * Sets how many tokens are drawn at most, after the prefix. Names usually end earlier.
         *
         * @param length the number; default 500
         * @return this builder
         */
        public Builder length(int length) {
            if (length < 0) {
                throw new IllegalArgumentException(
                        "the length must be at least 0, but is " + length);
            }
            this.length = length;
            return this;
        }

        /**
         * Sets what is seen of a text that is longer than the block size.
         *
         * @param window default {@link Window#SLIDE}
         * @return this builder
         */
        public Builder window(Window window) {
            this.window = window;
            return this;
        }

        /**
         * Sets whether what was read is kept from one token to the next, which changes results by
         * rounding alone.
         *
         * @param cache default true
         * @return this builder
         */
        public Builder cache(boolean cache) {
            this.cache = cache;
            return this;
        }

        /** {@return the settings} */
        public SamplerSettings build() {
            return new SamplerSettings(this);
        }
    }
}
