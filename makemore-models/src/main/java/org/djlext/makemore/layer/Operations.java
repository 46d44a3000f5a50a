/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.layer;

import ai.djl.ndarray.NDArray;
import org.djlext.makemore.fused.FusedStep;
import org.jspecify.annotations.Nullable;

/**
 * The operations that the models are made of, with a hand-written backward or with the engine's.
 *
 * @see Gradients
 */
public interface Operations {

    /**
     * Computes x w + b.
     *
     * @param x (.., in)
     * @param weight (in, out)
     * @param bias (out), or null
     * @return (.., out)
     */
    NDArray linear(NDArray x, NDArray weight, @Nullable NDArray bias);

    /**
     * Looks rows up.
     *
     * @param indices integers of shape (..)
     * @param weight (rows, dim)
     * @return (.., dim)
     */
    NDArray embedding(NDArray indices, NDArray weight);

    /**
     * Computes tanh.
     *
     * @param x (..)
     * @return (..)
     */
    NDArray tanh(NDArray x);

    /**
     * Computes max(x, 0).
     *
     * @param x (..)
     * @return (..)
     */
    NDArray relu(NDArray x);

    /**
     * Computes GPT-2's gelu, x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).
     *
     * @param x (..)
     * @return (..)
     */
    NDArray gelu(NDArray x);

    /**
     * Normalizes each row to mean 0 and variance 1 (of n, not n - 1), then scales and shifts it.
     *
     * @param x (.., C)
     * @param gamma (C)
     * @param beta (C)
     * @param eps what is added to the variance
     * @return (.., C)
     */
    NDArray layerNorm(NDArray x, NDArray gamma, NDArray beta, double eps);

    /**
     * A batch, normalized, and its statistics, which are not differentiated.
     *
     * @param y the batch, normalized, scaled and shifted
     * @param mean its mean (C)
     * @param var its unbiased variance (C)
     */
    record Normalized(NDArray y, NDArray mean, NDArray var) {}

    /**
     * Normalizes each column with the mean and the unbiased variance of the batch, then scales and
     * shifts it.
     *
     * @param x (n, C) or (n, t, C), normalized over all axes but the last
     * @param gamma (C)
     * @param beta (C)
     * @param eps what is added to the variance
     * @return y of x's shape, mean and variance of shape (C)
     */
    Normalized batchNorm(NDArray x, NDArray gamma, NDArray beta, double eps);

    /**
     * Computes causal attention, softmax(q k^T / sqrt(hs)) v over the positions up to each one's
     * own.
     *
     * @param q (.., T, hs)
     * @param k (.., T, hs)
     * @param v (.., T, hs)
     * @return (.., T, hs)
     */
    NDArray causalAttention(NDArray q, NDArray k, NDArray v);

    /**
     * Computes the mean cross entropy.
     *
     * @param logits (N, K)
     * @param labels integers of shape (N); rows with the label {@link #IGNORED} do not count
     * @return a scalar
     */
    NDArray crossEntropy(NDArray logits, NDArray labels);

    /** The label of a position that has nothing to predict. */
    long IGNORED = FusedStep.IGNORED;
}
