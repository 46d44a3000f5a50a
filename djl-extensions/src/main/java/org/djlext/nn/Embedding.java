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

    private Embedding(Builder builder) {
        dim = builder.dim;
        weight =
                addParameter(
                        "weight",
                        Parameter.Type.WEIGHT,
                        builder.initializer,
                        builder.rows,
                        builder.dim);
    }

    /**
     * Makes the layer with a table that is standard normal at first.
     *
     * @param rows the number of different indices
     * @param dim the length of a vector
     */
    public Embedding(long rows, long dim) {
        this(builder().setRows(rows).setDim(dim));
    }

    /**
     * Returns a builder.
     *
     * @return a builder of a table that is standard normal at first
     */
    public static Builder builder() {
        return new Builder();
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
        return function.apply(x, pass.value(weight));
    }

    @Override
    protected Shape outputShape(Shape input) {
        return input.add(dim);
    }

    /** The builder of {@link Embedding}. */
    public static final class Builder {

        private long rows;
        private long dim;
        private Initializer initializer = new NormalInitializer(1);

        private Builder() {}

        /**
         * Sets the number of different indices. Required.
         *
         * @param rows at least 1
         * @return this builder
         */
        public Builder setRows(long rows) {
            this.rows = Checks.atLeastOne("an embedding's rows", rows);
            return this;
        }

        /**
         * Sets the length of a vector. Required.
         *
         * @param dim at least 1
         * @return this builder
         */
        public Builder setDim(long dim) {
            this.dim = Checks.atLeastOne("an embedding's dim", dim);
            return this;
        }

        /**
         * Sets where the table comes from.
         *
         * @param initializer the initializer; default standard normal
         * @return this builder
         */
        public Builder optInitializer(Initializer initializer) {
            this.initializer = initializer;
            return this;
        }

        /**
         * Builds the layer.
         *
         * @return the layer
         */
        public Embedding build() {
            Checks.isSet("an embedding's rows", rows);
            Checks.isSet("an embedding's dim", dim);
            return new Embedding(this);
        }
    }
}
