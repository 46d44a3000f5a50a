/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.rounding;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/** Arrays for the engine's graph. */
public final class EngineMemory {

    private EngineMemory() {}

    /**
     * Makes an array whose memory is the engine's own. That of {@link NDManager#create(float[],
     * Shape)} belongs to the Java object and is freed after it was closed, while the graph still
     * holds the tensor.
     */
    static NDArray array(NDManager manager, float[] values, Shape shape) {
        try (NDArray onJavaMemory = manager.create(values, shape)) {
            return onJavaMemory.duplicate();
        }
    }

    /**
     * Makes a number for operations of the graph: DJL's own with a Number leave it one of Java's.
     */
    public static NDArray number(NDManager manager, double value) {
        try (NDArray onJavaMemory = manager.create(value)) {
            return onJavaMemory.duplicate();
        }
    }
}
