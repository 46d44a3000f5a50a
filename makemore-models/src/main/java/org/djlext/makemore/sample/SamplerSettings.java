/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.sample;

import java.io.Serializable;
import java.util.function.Consumer;

/**
 * How names and texts are drawn. Settings do not change; each of the methods returns others.
 *
 * <pre>{@code
 * SamplerSettings.PLAIN.temperature(0.8).topP(0.9).prefix("ma")
 * }</pre>
 */
public final class SamplerSettings implements Serializable {

    private static final long serialVersionUID = 2L;

    // Less, and logits divided by it do not fit into a float.
    private static final double COLDEST = 1e-6;

    /** From the model's own distribution, from the start. */
    public static final SamplerSettings PLAIN = new SamplerSettings();

    double temperature = 1;
    int topK;
    double topP = 1;
    String prefix = "";
    int length = 500;
    Window window = Window.SLIDE;
    boolean cache = true;

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

    private SamplerSettings() {}

    private SamplerSettings with(Consumer<SamplerSettings> change) {
        SamplerSettings changed = new SamplerSettings();
        changed.temperature = temperature;
        changed.topK = topK;
        changed.topP = topP;
        changed.prefix = prefix;
        changed.length = length;
        changed.window = window;
        changed.cache = cache;
        change.accept(changed);
        return changed;
    }

    /**
     * {@return these settings with another temperature, which logits are divided by}
     *
     * @param value below 1 for likelier tokens, above 1 for stranger ones, at least 1e-6; or 0 to
     *     take the likeliest always; default 1
     */
    public SamplerSettings temperature(double value) {
        if (!(value == 0 || (value >= COLDEST && value < Double.POSITIVE_INFINITY))) {
            throw new IllegalArgumentException(
                    "the temperature must be 0 or at least 1e-6, but is " + value);
        }
        return with(settings -> settings.temperature = value);
    }

    /**
     * {@return these settings with another number of the likeliest tokens that are drawn from}
     *
     * @param value the number; default 0, all
     */
    public SamplerSettings topK(int value) {
        if (value < 0) {
            throw new IllegalArgumentException("top-k must be at least 0, but is " + value);
        }
        return with(settings -> settings.topK = value);
    }

    /**
     * {@return these settings, drawing from the smallest set of the likeliest tokens whose
     * probabilities reach a sum; after temperature and top-k}
     *
     * @param value the sum, greater than 0; default 1, all
     * @see <a href="https://arxiv.org/abs/1904.09751">Holtzman et al., 2019</a>
     */
    public SamplerSettings topP(double value) {
        if (!(value > 0 && value <= 1)) {
            throw new IllegalArgumentException(
                    "top-p must be greater than 0 and at most 1, but is " + value);
        }
        return with(settings -> settings.topP = value);
    }

    /**
     * {@return these settings with another text that every name or text starts with}
     *
     * @param value any text of the vocabulary's characters; default none
     */
    public SamplerSettings prefix(String value) {
        return with(settings -> settings.prefix = value);
    }

    /**
     * {@return these settings with another number of tokens that are drawn at most, after the
     * prefix} Names usually end earlier.
     *
     * @param value the number; default 500
     */
    public SamplerSettings length(int value) {
        if (value < 0) {
            throw new IllegalArgumentException("the length must be at least 0, but is " + value);
        }
        return with(settings -> settings.length = value);
    }

    /**
     * {@return these settings, seeing something else of a text that is longer than the block size}
     *
     * @param value default {@link Window#SLIDE}
     */
    public SamplerSettings window(Window value) {
        return with(settings -> settings.window = value);
    }

    /**
     * {@return these settings, keeping or not keeping what was read from one token to the next,
     * which changes results by rounding alone}
     *
     * @param value default true
     */
    public SamplerSettings cache(boolean value) {
        return with(settings -> settings.cache = value);
    }
}
