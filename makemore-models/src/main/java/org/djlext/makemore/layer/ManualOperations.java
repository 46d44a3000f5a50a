/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.layer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import org.djlext.nn.BatchNormFunction;
import org.djlext.nn.CausalAttentionFunction;
import org.djlext.nn.CrossEntropyFunction;
import org.djlext.nn.EmbeddingFunction;
import org.djlext.nn.GeluFunction;
import org.djlext.nn.LayerNormFunction;
import org.djlext.nn.LinearFunction;
import org.djlext.nn.Reduction;
import org.djlext.nn.ReluFunction;
import org.djlext.nn.TanhFunction;
import org.jspecify.annotations.Nullable;

/** The operations with the hand-written backward of {@code org.djlext.nn}. */
final class ManualOperations implements Operations {

    static final Operations INSTANCE = new ManualOperations();

    private static final int UNBIASED = 1;

    private final LinearFunction linear = new LinearFunction();
    private final EmbeddingFunction embedding = new EmbeddingFunction();
    private final TanhFunction tanh = new TanhFunction();
    private final ReluFunction relu = new ReluFunction();
    private final GeluFunction gelu = new GeluFunction();
    private final CausalAttentionFunction attention = new CausalAttentionFunction();
    private final CrossEntropyFunction crossEntropy =
            new CrossEntropyFunction(Reduction.MEAN, IGNORED);

    private ManualOperations() {}

    @Override
    public NDArray linear(NDArray x, NDArray weight, @Nullable NDArray bias) {
        return one(bias == null ? linear.apply(x, weight) : linear.apply(x, weight, bias));
    }

    @Override
    public NDArray embedding(NDArray indices, NDArray weight) {
        return one(embedding.apply(indices, weight));
    }

    @Override
    public NDArray tanh(NDArray x) {
        return one(tanh.apply(x));
    }

    @Override
    public NDArray relu(NDArray x) {
        return one(relu.apply(x));
    }

    @Override
    public NDArray gelu(NDArray x) {
        return one(gelu.apply(x));
    }

    @Override
    public NDArray layerNorm(NDArray x, NDArray gamma, NDArray beta, double eps) {
        return one(new LayerNormFunction(eps).apply(x, gamma, beta));
    }

    @Override
    public Normalized batchNorm(NDArray x, NDArray gamma, NDArray beta, double eps) {
        NDList outputs = new BatchNormFunction(eps, UNBIASED).apply(x, gamma, beta);
        return new Normalized(outputs.get(0), outputs.get(1), outputs.get(2));
    }

    @Override
    public NDArray causalAttention(NDArray q, NDArray k, NDArray v) {
        return one(attention.apply(q, k, v));
    }

    @Override
    public NDArray crossEntropy(NDArray logits, NDArray labels) {
        return one(crossEntropy.apply(logits, labels));
    }

    private static NDArray one(NDList outputs) {
        return outputs.singletonOrThrow();
    }
}
