/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.djlext.testing.RepeatThreads;
import org.djlext.torch.NativeHooks;

/** The same function from several threads at once. */
class AutogradThreadsTest {

    @RepeatThreads
    void eightThreadsEachWithAGraphOfItsOwn() throws InterruptedException, ExecutionException {
        int nodes = NativeHooks.liveNodes();
        AutogradFunction square = TestFunctions.square();
        ExecutorService pool = Executors.newFixedThreadPool(8);
        List<Future<?>> results = new ArrayList<>();
        for (int t = 0; t < 8; t++) {
            float scale = t + 1;
            results.add(
                    pool.submit(
                            () -> {
                                // Grad mode is on in every thread but the engine's first.
                                JniUtils.setGradMode(true);
                                for (int i = 0; i < 200; i++) {
                                    try (NDManager manager = NDManager.newBaseManager()) {
                                        NDArray x =
                                                manager.full(
                                                        new Shape(4, 3), scale, DataType.FLOAT32);
                                        x.setRequiresGradient(true);
                                        NDArray y = square.apply(square.apply(x));
                                        JniUtils.backward(
                                                (PtNDArray) y.sum(),
                                                (PtNDArray) manager.create(1f),
                                                false,
                                                false);
                                        float[] want = new float[12];
                                        java.util.Arrays.fill(want, 4 * scale * scale * scale);
                                        assertArrayEquals(
                                                want, x.getGradient().toFloatArray(), 1e-3f);
                                    }
                                }
                            }));
        }
        for (Future<?> result : results) {
            result.get();
        }
        pool.shutdown();
        assertEquals(nodes, NativeHooks.liveNodes());
    }

    @RepeatThreads
    void eightThreadsPredictWhileOneTrains() throws InterruptedException, ExecutionException {
        AutogradFunction square = TestFunctions.square();
        ExecutorService pool = Executors.newFixedThreadPool(8);
        List<Future<?>> results = new ArrayList<>();
        for (int t = 0; t < 8; t++) {
            results.add(
                    pool.submit(
                            () -> {
                                try (NDManager manager = NDManager.newBaseManager();
                                        Autograd.Scope scope = Autograd.noGrad()) {
                                    NDArray x = manager.full(new Shape(5), 3f);
                                    for (int i = 0; i < 500; i++) {
                                        NDArray y = square.apply(x);
                                        assertEquals(45f, y.sum().getFloat());
                                    }
                                }
                            }));
        }
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray w = manager.full(new Shape(5), 1f);
            w.setRequiresGradient(true);
            for (int i = 0; i < 200; i++) {
                try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                    collector.backward(square.apply(w).sum());
                }
            }
            // Gradients add up: 200 times 2 w.
            assertArrayEquals(
                    new float[] {400, 400, 400, 400, 400}, w.getGradient().toFloatArray());
        }
        for (Future<?> result : results) {
            result.get();
        }
        pool.shutdown();
    }
}
