/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.fused;

/**
 * A layer as lines of a training step's script.
 *
 * <p>Forward reads {@link StepCode#x()} and names its result with {@link StepCode#next()}. Backward
 * finds the gradient of its result in {@code d}, updates its parameters, and leaves the gradient of
 * its input in {@code d}.
 */
public sealed interface FusedLayer
        permits FusedBatchNorm, FusedEmbedding, FusedFlatten, FusedLinear, FusedTanh {

    /**
     * Writes the lines that compute the layer.
     *
     * @param code the script so far
     * @return writes the lines of its backward, when those of all later layers are written
     */
    Runnable write(StepCode code);
}
