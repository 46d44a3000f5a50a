/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.Device;
import org.djlext.makemore.layer.Gradients;

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
 * with their softmax and gradient. Dropout keeps what it has drawn. In attention that is one number
 * for each pair of positions, and the engine's attention on a CPU, which computes its T x T weights
 * in one piece when some are dropped, keeps them before and after it too; on a GPU it keeps the
 * seed alone. The hand-written one has the weights of one block at a time. It is an estimate:
 * kernels need room of their own.
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
    private static final int WEIGHTS_KEPT = 3;
    private static final int WEIGHTS_AT_ONCE = 4;

    /**
     * Counts.
     *
     * @param model the model; it needs no values
     * @param settings how it is trained
     * @param device where
     * @return the cost
     */
    public static GptCost of(Gpt model, GptTrainingSettings settings, Device device) {
        GptConfig config = model.config();
        boolean checkpointing = model.compute().checkpointing();
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
        double flops = TRAIN * (head + blocks) + (checkpointing ? FORWARD * blocks : 0);
        double masks = config.dropout() > 0 ? 2 * c : 0;
        double block = KEPT * c + config.feedForward() + masks;
        double kept = checkpointing ? layers * c + block : layers * block;
        double pairs = batch * t * config.heads();
        double attention =
                layers == 0
                        ? 0
                        : pairs * bytesOfAPair(model, checkpointing ? 1 : layers, device.isGpu());
        return new GptCost(
                parameters,
                flops,
                batch * settings.accumulation(),
                FLOAT * (COPIES * (double) parameters + batch * (kept + 2 * c + 3 * v))
                        + attention);
    }

    private static double bytesOfAPair(Gpt model, int layers, boolean gpu) {
        boolean drops = model.config().dropout() > 0;
        if (model.compute().gradients() == Gradients.MANUAL) {
            return (drops ? layers : 0) + WEIGHTS_AT_ONCE * FLOAT;
        }
        return drops && !gpu ? (double) WEIGHTS_KEPT * FLOAT * layers : 0;
    }
}
