/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.fused;

/** A layer as lines of a training step's script. */
public sealed interface FusedLayer
        permits FusedAttention,
                FusedBatchNorm,
                FusedEmbedding,
                FusedFlatten,
                FusedGelu,
                FusedHeads,
                FusedLayerNorm,
                FusedLinear,
                FusedPositions,
                FusedRelu,
                FusedResidual,
                FusedTanh {

    /**
     * Writes the lines that compute the layer from {@link StepCode#x()}.
     *
     * @param code the script so far
     * @return writes the lines of its backward, when those of all later layers are written: from
     *     the gradient of its result they compute those of its parameters and of its input
     */
    Runnable write(StepCode code);

    /**
     * Writes the lines of the last layer, whose result is the logits. They may be padded with
     * classes that never come.
     *
     * @param code the script so far
     * @return writes the lines of its backward
     */
    default Runnable writeLogits(StepCode code) {
        return write(code);
    }
}
