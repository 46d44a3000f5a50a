/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.layer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.NormalInitializer;
import java.util.List;
import org.djlext.makemore.fused.FusedEmbedding;
import org.djlext.makemore.fused.FusedLayer;

/**
 * A table of vectors, one for each character: the lectures' C (makemore 2) and {@code Embedding}
 * (makemore 5), and PyTorch's {@code nn.Embedding}. Initially standard normal.
 *
 * <p>Input: integers of shape (..). Output: (.., dim).
 */
public final class Embedding extends Layer {

    private final Operations operations;
    private final long dim;
    private final Parameter weight;

    /**
     * Makes the layer.
     *
     * @param gradients who differentiates
     * @param rows the number of different indices
     * @param dim the length of a vector
     */
    public Embedding(Gradients gradients, long rows, long dim) {
        operations = gradients.operations();
        this.dim = dim;
        weight = addParameter("weight", Parameter.Type.WEIGHT, new NormalInitializer(1), rows, dim);
    }

    /**
     * Returns the values of the table.
     *
     * @return the array itself, (rows, dim)
     */
    public NDArray weight() {
        return weight.getArray();
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        return operations.embedding(x, pass.value(weight));
    }

    @Override
    public List<FusedLayer> fused() {
        return List.of(new FusedEmbedding(weight.getArray()));
    }

    @Override
    protected Shape outputShape(Shape input) {
        return input.add(dim);
    }

    @Override
    public String toString() {
        return "Embedding";
    }
}
