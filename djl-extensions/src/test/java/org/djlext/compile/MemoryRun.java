/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.training.loss.Loss;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.djlext.optim.TorchAdamW;

/**
 * The resident memory of the process while a network is trained by compiled steps.
 *
 * <pre>
 * OMP_NUM_THREADS=1 java -Dai.djl.pytorch.num_threads=1 .. org.djlext.compile.MemoryRun
 * </pre>
 */
final class MemoryRun {

    private static final int STEPS = 100_000;
    private static final int CALL = 200;
    private static final int EVERY = 10_000;

    private MemoryRun() {}

    public static void main(String[] args) throws IOException {
        Block block =
                new SequentialBlock()
                        .add(Linear.builder().setUnits(64).build())
                        .add(BatchNorm.builder().build())
                        .add(Activation::tanh)
                        .add(Linear.builder().setUnits(27).build());
        try (NDManager manager = NDManager.newBaseManager();
                TorchAdamW adamW = TorchAdamW.builder().build()) {
            block.initialize(manager, DataType.FLOAT32, new Shape(32, 30));
            try (CompiledStep step =
                    CompiledStep.builder(block, Loss.softmaxCrossEntropyLoss())
                            .setOptimizer(adamW)
                            .build()) {
                for (int done = CALL; done <= STEPS; done += CALL) {
                    try (NDManager call = manager.newSubManager()) {
                        NDArray x = call.randomNormal(new Shape(CALL, 32, 30));
                        NDArray y = call.randomInteger(0, 27, new Shape(CALL, 32), DataType.INT64);
                        step.run(new NDList(x), new NDList(y));
                    }
                    if (done % EVERY == 0) {
                        System.out.println(done + " steps: " + resident());
                    }
                }
            }
        }
    }

    private static String resident() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS"))
                .findFirst()
                .orElse("unknown");
    }
}
