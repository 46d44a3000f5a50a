/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.optim;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Fused kernels take weight, gradient and state for memory of the same order. */
class StridedArraysTest {

    @Test
    void transposedGradient() {
        try (NDManager manager = NDManager.newBaseManager();
                TorchAdamW adamW = TorchAdamW.builder().optWeightDecays(0).build()) {
            NDArray rows = manager.create(new float[] {1, -2, 3, -4, 5, -6}, new Shape(2, 3));
            NDArray w = manager.zeros(new Shape(3, 2));
            adamW.update("w", w, rows.transpose());
            // The first update moves each number by the learning rate against its gradient's sign.
            float[] expected = {-1e-3f, 1e-3f, 1e-3f, -1e-3f, -1e-3f, 1e-3f};
            assertArrayEquals(expected, w.toFloatArray(), 1e-8f);
            float[] mean = Objects.requireNonNull(adamW.stateOf("w", w).get("mean")).toFloatArray();
            assertArrayEquals(new float[] {0.1f, -0.4f, -0.2f, 0.5f, 0.3f, -0.6f}, mean, 1e-6f);
        }
    }

    @Test
    void transposedWeightIsRefused() {
        try (NDManager manager = NDManager.newBaseManager();
                TorchAdamW adamW = TorchAdamW.builder().build();
                TorchSgd sgd = TorchSgd.builder().optLearningRate(0.5).build()) {
            NDArray w = manager.zeros(new Shape(2, 3)).transpose();
            NDArray g = manager.ones(new Shape(3, 2));
            assertRefused(
                    "TorchAdamW must update an array that lies in memory row by row, got a"
                            + " transposed or sliced one of shape (3, 2); try"
                            + " array.flatten().reshape(array.getShape())",
                    () -> adamW.update("w", w, g));
            NDArray dense = w.flatten().reshape(w.getShape());
            adamW.update("dense", dense, g);
            sgd.update("w", w, g);
            assertEquals(-0.5f, w.getFloat(2, 1));
        }
    }
}
