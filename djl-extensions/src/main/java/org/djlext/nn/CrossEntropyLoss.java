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

    /** Creates the loss with the mean over all examples. */
    public CrossEntropyLoss() {
        this("CrossEntropyLoss", new CrossEntropyFunction(Reduction.MEAN, null));
    }

    /**
     * Creates the loss.
     *
     * @param name the name under which listeners report it
     * @param function how the examples become one number, which a Trainer needs; which of them do
     *     not count, such as padding; and how labels are smoothed
     */
    public CrossEntropyLoss(String name, CrossEntropyFunction function) {
        super(name);
        this.function = function;
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
        return function.reduction() == Reduction.NONE ? loss.reshape(examples) : loss;
    }

    @Override
    public @Nullable Long ignoreIndex() {
        return function.ignoreIndex();
    }
}
