/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.NormalInitializer;
import org.djlext.autograd.Autograd;
import org.djlext.nn.EmbeddingFunction;
import org.djlext.nn.Layer;
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
public final class BigramNet extends Layer {

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
                        "weight",
                        Parameter.Type.WEIGHT,
                        new NormalInitializer(1),
                        vocabSize,
                        vocabSize);
    }

    /** {@return W, the weight itself, (V, V)} */
    public NDArray weight() {
        return weight.getArray();
    }

    /**
     * {@return P, the probability of column j after row i, (V, V); each row adds up to 1}
     *
     * @param manager the manager of the result
     */
    public NDArray probabilities(NDManager manager) {
        try (Autograd.Scope noGrad = Autograd.noGrad()) {
            NDArray p = weight().softmax(1); // (V, V)
            p.attach(manager);
            return p;
        }
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        NDArray w = pass.value(weight); // (V, V)
        return rows == Rows.ONE_HOT
                ? new LinearFunction().apply(x.oneHot(vocabSize, w.getDataType()), w)
                : new EmbeddingFunction().apply(x, w); // (.., V)
    }

    @Override
    protected Shape outputShape(Shape input) {
        return input.add(vocabSize);
    }
}
