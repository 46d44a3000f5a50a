/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.ndarray.NDArray;
import org.djlext.nn.Embedding;
import org.djlext.nn.Layer;

/** Adds what a character is and where it stands: a vector of each, of the same length. */
final class PositionalEmbedding {

    private final Embedding wte;
    private final Embedding wpe;

    /**
     * Makes the sum of two tables.
     *
     * @param wte the vectors of the characters, (V, C)
     * @param wpe the vectors of the positions, (block size, C)
     */
    PositionalEmbedding(Embedding wte, Embedding wpe) {
        this.wte = wte;
        this.wpe = wpe;
    }

    /** Takes (B, T) to (B, T, C). */
    NDArray compute(NDArray x, Layer.Pass pass) {
        return pass.run(wte, x).add(pass.run(wpe, pass.positions(x)));
    }
}
