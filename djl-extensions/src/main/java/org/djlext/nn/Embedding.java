/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.Initializer;
import ai.djl.training.initializer.NormalInitializer;

/**
 * A table of vectors, one for each character: the lectures' C (makemore 2) and {@code Embedding}
 * (makemore 5), and PyTorch's {@code nn.Embedding}. Initially standard normal.
 *
 * <p>Input: integers of shape (..). Output: (.., dim).
 */
public final class Embedding extends Layer {

    private final EmbeddingFunction function = new EmbeddingFunction();
    private final long dim;
    private final Parameter weight;

    /**
     * Makes the layer with a table that is standard normal at first.
     *
     * @param rows the number of different indices
     * @param dim the length of a vector
     */
    public Embedding(long rows, long dim) {
        this(rows, dim, new NormalInitializer(1));
    }

    /**
     * Makes the layer.
     *
     * @param rows the number of different indices
     * @param dim the length of a vector
     * @param initializer where the table comes from
     */
    public Embedding(long rows, long dim, Initializer initializer) {
        Checks.atLeastOne("an embedding's rows", rows);
        this.dim = Checks.atLeastOne("an embedding's dim", dim);
        weight = addParameter("weight", Parameter.Type.WEIGHT, initializer, rows, dim);
    }

    /** {@return the array of the table itself, (rows, dim)} */
    public NDArray weight() {
        return weight.getArray();
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        return function.apply(x, pass.value(weight));
    }

    @Override
    protected Shape outputShape(Shape input) {
        return input.add(dim);
    }
}
