/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.diagnostics;

import java.util.List;

/**
 * What a step looked like from within.
 *
 * @param step the number of the step, from 0
 * @param loss the loss of its mini-batch
 * @param layers all layers after the embedding, in their order
 * @param weights the gradients of all parameters with two axes, in their order
 */
public record Snapshot(
        int step, float loss, List<LayerStatistics> layers, List<WeightStatistics> weights) {

    /**
     * {@return the layers of a kind, in their order, without the last, whose output are the logits,
     * as in the lecture}
     *
     * @param kind what they are, such as Tanh
     */
    public List<LayerStatistics> layers(String kind) {
        return layers.subList(0, layers.size() - 1).stream()
                .filter(layer -> layer.layer().equals(kind))
                .toList();
    }
}
