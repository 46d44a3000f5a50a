/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.djlext.autograd.Autograd;

/**
 * What training a GPT costs, by counting: before anything is computed, one knows what it takes.
 *
 * <p>A linear layer of n weights takes 2 n operations for a token in forward and 4 n in backward.
 * Attention's two products take 2 T C each, a layer and token, and twice that in backward; that
 * half of them are masked is not counted off. Tables are looked up for nothing. Checkpointing
 * computes forward of the blocks again.
 *
 * <p>Memory: weights, gradients, AdamW's two means; and what backward needs, for each token and
 * block the input and output of its products and norms, 14 C + inner width numbers, and the logits
 * with their softmax and gradient. It is an estimate: kernels need room of their own.
 *
 * @param parameters the number of trained numbers
 * @param flopsPerToken floating-point operations of forward and backward for a token
 * @param tokensPerStep the tokens of an update
 * @param bytes the memory at the peak, in float32
 */
public record GptCost(long parameters, double flopsPerToken, long tokensPerStep, double bytes) {

    private static final int FORWARD = 2;
    private static final int TRAIN = 6;
    private static final int FLOAT = 4;
    private static final int COPIES = 4;
    private static final int KEPT = 14;

    /**
     * Counts.
     *
     * @param model the model; it needs no values
     * @param compute how it is computed
     * @param settings how it is trained
     * @return the cost
     */
    public static GptCost of(Gpt model, GptCompute compute, GptTrainingSettings settings) {
        GptConfig config = model.config();
        long parameters = model.parameterCount();
        long batch = (long) settings.batchSize() * config.blockSize();
        if (config.structure() == GptConfig.Structure.BIGRAM) {
            return new GptCost(
                    parameters,
                    0,
                    batch * settings.accumulation(),
                    (double) COPIES * FLOAT * parameters);
        }
        double c = config.embedding();
        double t = config.blockSize();
        double v = config.vocabSize();
        int layers = config.structure() == GptConfig.Structure.EMBEDDING ? 0 : config.layers();
        double head = v * c;
        double inBlocks = parameters - (v + t) * c - head;
        double blocks = inBlocks + layers * 2 * t * c;
        double flops = TRAIN * (head + blocks) + (compute.checkpointing() ? FORWARD * blocks : 0);
        double block = KEPT * c + config.feedForward();
        double kept = compute.checkpointing() ? layers * c + block : layers * block;
        return new GptCost(
                parameters,
                flops,
                batch * settings.accumulation(),
                FLOAT * (COPIES * (double) parameters + batch * (kept + 2 * c + 3 * v)));
    }

    /**
     * Measures how fast the device multiplies matrices, which no model exceeds.
     *
     * @param parent a manager of the device
     * @return floating-point operations in a second, float32
     */
    public static double measurePeak(NDManager parent) {
        int n = 768;
        int tries = 12;
        double best = Double.POSITIVE_INFINITY;
        try (Autograd.Scope unrecorded = Autograd.noGrad();
                NDManager manager = parent.newSubManager()) {
            // Not random numbers: drawing them would change what training draws next.
            NDArray a = manager.ones(new Shape(n, n), DataType.FLOAT32);
            for (int i = 0; i < tries; i++) {
                long start = System.nanoTime();
                try (NDArray product = a.matMul(a);
                        NDArray corner = product.get("0, 0")) {
                    // Reading a number waits for the device.
                    corner.getFloat();
                }
                best = Math.min(best, (double) System.nanoTime() - start);
            }
        }
        return FORWARD * Math.pow(n, 3) / best * 1e9;
    }
}
