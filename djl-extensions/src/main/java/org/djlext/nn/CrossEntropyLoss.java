/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.loss.Loss;
import org.djlext.distributed.LabelMean;
import org.jspecify.annotations.Nullable;

/**
 * Softmax cross entropy as a DJL Loss, with the hand-written backward of {@link
 * CrossEntropyFunction}.
 *
 * <p>Predictions are logits, of shape (.., K) with the classes last, such as (N, K) or (N, T, K).
 * Labels are integers of the shape before the classes, such as (N) or (N, T); a last axis of length
 * 1 more is accepted, as DJL's datasets make it.
 */
public final class CrossEntropyLoss extends Loss implements LabelMean {

    private final CrossEntropyFunction function;
    private final boolean reduced;
    private final @Nullable Long ignoreIndex;

    private CrossEntropyLoss(Builder builder) {
        super(builder.name);
        function =
                new CrossEntropyFunction(
                        builder.reduction, builder.ignoreIndex, builder.labelSmoothing);
        reduced = builder.reduction != Reduction.NONE;
        ignoreIndex = builder.ignoreIndex;
    }

    /** Creates the loss with the mean over all examples. */
    public CrossEntropyLoss() {
        this(builder());
    }

    /** {@return a builder of the mean over all examples} */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Computes the loss.
     *
     * @param labels one array of integers
     * @param predictions one array of logits
     * @return a scalar; without reduction, one loss an example, of the labels' shape
     */
    @Override
    public NDArray evaluate(NDList labels, NDList predictions) {
        NDArray logits = predictions.singletonOrThrow();
        NDArray y = labels.singletonOrThrow();
        Shape shape = logits.getShape();
        if (shape.dimension() < 2) {
            throw new IllegalArgumentException(
                    getName() + " takes logits of shape (.., K), but got " + shape);
        }
        Shape examples = shape.slice(0, shape.dimension() - 1);
        if (!y.getShape().equals(examples) && !y.getShape().equals(examples.add(1))) {
            throw new IllegalArgumentException(
                    ("%s takes one label for each row of logits: logits of"
                                    + " shape %s need labels of shape %s, but got %s")
                            .formatted(getName(), shape, examples, y.getShape()));
        }
        long classes = shape.get(shape.dimension() - 1);
        long n = examples.size();
        NDArray loss = function.apply(logits.reshape(n, classes), y.reshape(n));
        return reduced ? loss : loss.reshape(examples);
    }

    @Override
    public @Nullable Long ignoreIndex() {
        return ignoreIndex;
    }

    /** The builder of {@link CrossEntropyLoss}. */
    public static final class Builder {

        private String name = "CrossEntropyLoss";
        private Reduction reduction = Reduction.MEAN;
        private @Nullable Long ignoreIndex;
        private double labelSmoothing;

        private Builder() {}

        /**
         * Sets the name under which listeners report the loss.
         *
         * @param name the name
         * @return this builder
         */
        public Builder optName(String name) {
            this.name = name;
            return this;
        }

        /**
         * Sets how the examples become one number. A Trainer needs MEAN or SUM.
         *
         * @param reduction the reduction; default MEAN
         * @return this builder
         */
        public Builder optReduction(Reduction reduction) {
            this.reduction = reduction;
            return this;
        }

        /**
         * Sets the label of examples that count neither in the loss nor in the mean, such as
         * padding.
         *
         * @param ignoreIndex the label; default none
         * @return this builder
         */
        public Builder optIgnoreIndex(long ignoreIndex) {
            this.ignoreIndex = ignoreIndex;
            return this;
        }

        /**
         * Sets the part of the target that is spread evenly over all classes.
         *
         * @param labelSmoothing a number from 0 to 1; default 0
         * @return this builder
         */
        public Builder optLabelSmoothing(double labelSmoothing) {
            this.labelSmoothing = labelSmoothing;
            return this;
        }

        /** {@return the loss} */
        public CrossEntropyLoss build() {
            return new CrossEntropyLoss(this);
        }
    }
}
