/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import org.djlext.makemore.layer.Gradients;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a block as operations, with a hand-written backward or with the engine's. A dropout
 * of 0 is none; evaluation passes 0.
 */
interface GptOperations {

    /**
     * Returns the operations.
     *
     * @param gradients who differentiates
     * @param bfloat16 whether the products are computed in bfloat16; the engine's only
     */
    static GptOperations of(Gradients gradients, boolean bfloat16) {
        if (gradients != Gradients.MANUAL) {
            return new EngineGptOperations(bfloat16);
        }
        if (bfloat16) {
            throw new IllegalArgumentException(
                    "bfloat16 works with the engine's gradients alone, because DJL cannot hold"
                            + " bfloat16 arrays between the steps of a hand-written backward; use"
                            + " ENGINE");
        }
        return ManualGptOperations.INSTANCE;
    }

    /**
     * Looks up what characters are and where they stand.
     *
     * @param indices (B, T)
     * @param tokens (V, C)
     * @param positions (block size, C), of which the first T are used, or null for none
     * @return (B, T, C)
     */
    NDArray embed(NDArray indices, NDArray tokens, @Nullable NDArray positions);

    /**
     * Computes causal attention of several heads, side by side.
     *
     * @param x (B, T, C)
     * @param weights the weights of key, query and value of the first head, then of the others;
     *     each (hs, C)
     * @param projection weight (C, C) and bias (C) of the layer that follows, or nothing
     * @param dropout of the softmax's weights, and of what the projection returns
     * @return (B, T, H hs)
     */
    NDArray attention(NDArray x, NDList weights, NDList projection, double dropout);

    /**
     * Computes a linear layer, relu, and another linear layer if there is one.
     *
     * @param x (B, T, C)
     * @param weights weight (inner, C) and bias (inner), then (C, inner) and (C), or nothing
     * @param dropout of the result
     * @return (B, T, C)
     */
    NDArray feedForward(NDArray x, NDList weights, double dropout);

    /**
     * Computes x w^T + b.
     *
     * @param x (.., in)
     * @param weight (out, in)
     * @param bias (out)
     * @return (.., out)
     */
    NDArray linear(NDArray x, NDArray weight, NDArray bias);
}
