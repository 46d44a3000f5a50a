/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.layer;

import ai.djl.nn.Block;
import java.util.List;
import org.djlext.makemore.fused.FusedLayer;

/** A model of the next character whose training steps may be computed whole, by one script. */
public interface FusableBlock extends Block {

    /**
     * Returns the number of indices of an example.
     *
     * @return T
     */
    int blockSize();

    /**
     * Returns who differentiates.
     *
     * @return the switch
     */
    Gradients gradients();

    /**
     * Returns the model as parts of a fused training step.
     *
     * @return the parts, empty if the model has none; the switch does not matter
     */
    List<FusedLayer> fused();

    /**
     * Returns the parts of a fused training step, if the switch asks for one.
     *
     * @return the parts, empty if the steps have to be recorded
     */
    default List<FusedLayer> fusedIfAsked() {
        return gradients() == Gradients.FUSED ? fused() : List.of();
    }
}
