/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.NormalInitializer;
import ai.djl.util.PairList;
import org.djlext.autograd.Autograd;
import org.djlext.nn.CheckedBlock;
import org.djlext.nn.EmbeddingFunction;
import org.djlext.nn.LinearFunction;

/**
 * The bigram model of lecture 2 that is trained by gradient descent: one linear layer without bias.
 *
 * <pre>
 * logits = onehot(x) W = W[x]           row x of W: the one-hot picks it
 * P      = softmax(W) by rows           W holds log counts, up to a constant a row
 * </pre>
 *
 * <p>Input: characters of shape (..), INT64. Output: logits of the next of V characters, (.., V).
 *
 * <p>Parameter: weight, (V, V), from the standard normal distribution. Right after {@code new
 * TorchGenerator(seed)}, initializing on a CPU draws what {@code torch.randn((27, 27),
 * generator=g)} draws.
 */
public final class BigramNet extends CheckedBlock {

    /** The two ways to a row of the weight, which are one and the same function. */
    public enum Rows {
        /** The product of the one-hot and the weight: n V^2 multiplications, nearly all by 0. */
        ONE_HOT,
        /** The row itself. */
        LOOK_UP
    }

    private final int vocabSize;
    private final Rows rows;
    private final Parameter weight;

    /**
     * Creates the model.
     *
     * @param vocabSize V
     * @param rows how logits are computed
     */
    public BigramNet(int vocabSize, Rows rows) {
        if (vocabSize < 1) {
            throw new IllegalArgumentException("vocabSize must be 1 or more, but got " + vocabSize);
        }
        this.vocabSize = vocabSize;
        this.rows = rows;
        weight =
                addParameter(
                        Parameter.builder()
                                .setName("weight")
                                .setType(Parameter.Type.WEIGHT)
                                .optShape(new Shape(vocabSize, vocabSize))
                                .optInitializer(new NormalInitializer(1))
                                .build());
    }

    /**
     * Returns W.
     *
     * @return the weight itself, (V, V)
     */
    public NDArray weight() {
        return weight.getArray();
    }

    /**
     * Returns P, as a model that counts has it.
     *
     * @param manager the manager of the result
     * @return the probability of column j after row i, (V, V); each row adds up to 1
     */
    public NDArray probabilities(NDManager manager) {
        try (Autograd.Scope noGrad = Autograd.noGrad()) {
            NDArray p = weight().softmax(1); // (V, V)
            p.attach(manager);
            return p;
        }
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameterStore,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDArray index = inputs.singletonOrThrow(); // (..)
        NDArray w = parameterStore.getValue(weight, index.getDevice(), training); // (V, V)
        if (rows == Rows.ONE_HOT) {
            NDArray oneHot = index.oneHot(vocabSize, w.getDataType()); // (.., V)
            return new LinearFunction().apply(new NDList(oneHot, w)); // (.., V)
        }
        return new EmbeddingFunction().apply(new NDList(index, w)); // (.., V)
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {inputShapes[0].add(vocabSize)};
    }
}
