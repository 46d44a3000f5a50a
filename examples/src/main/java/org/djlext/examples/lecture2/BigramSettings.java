/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture2;

import java.util.List;
import org.djlext.makemore.model.BigramNet;
import org.djlext.makemore.train.Gradients;

/**
 * What can be set.
 *
 * @param words whose likelihood is wanted
 * @param count how many names are sampled
 * @param seed the seed of initial weights and of samples
 * @param steps how many steps the net is trained
 * @param rate their learning rate
 * @param regularization the factor of mean(W^2) in the loss
 * @param rows how the net finds its logits
 * @param gradients how gradients are computed, MANUAL or ENGINE
 */
public record BigramSettings(
        List<String> words,
        int count,
        long seed,
        int steps,
        double rate,
        double regularization,
        BigramNet.Rows rows,
        Gradients gradients) {

    /** The seed of the lecture. */
    public static final long SEED = 2147483647L;

    /**
     * Returns what the lecture does.
     *
     * @return its settings
     */
    public static BigramSettings lecture() {
        return new BigramSettings(
                List.of("andrej", "andrejq"),
                10,
                SEED,
                200,
                50,
                0.01,
                BigramNet.Rows.LOOK_UP,
                Gradients.ENGINE);
    }
}
