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
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.djlext.nn.Activations;
import org.djlext.nn.BatchNorm;
import org.djlext.nn.CrossEntropyLoss;
import org.djlext.nn.Embedding;
import org.djlext.nn.Linear;

/**
 * What each pass is worth: processor time of a step of the backprop-ninja network without it.
 *
 * <pre>
 * OMP_NUM_THREADS=1 java -Dai.djl.pytorch.num_threads=1 .. org.djlext.compile.PassCost
 * </pre>
 */
final class PassCost {

    private static final int STEPS = 500;
    private static final int CALLS = 12;
    private static final int ROUNDS = 5;

    private PassCost() {}

    public static void main(String[] args) {
        List<String> names = new ArrayList<>(List.of("with all passes"));
        List<List<Pass>> cases = new ArrayList<>(List.of(Pass.MANY_STEPS));
        for (Class<?> left :
                List.of(
                        ShortViews.class,
                        SameLineOnce.class,
                        BatchViews.class,
                        RowSums.class,
                        FoldedUpdates.class,
                        TanhBySigmoid.class,
                        ProductSums.class,
                        NumbersAsArrays.class,
                        BeforeTheLoop.class,
                        Buffers.class)) {
            names.add("without " + left.getSimpleName());
            cases.add(Pass.MANY_STEPS.stream().filter(p -> p.getClass() != left).toList());
        }
        names.add("with none but FoldedConstants");
        cases.add(List.of(new FoldedConstants()));
        double[] best = new double[cases.size()];
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < best.length; i++) {
                double time = time(cases.get(i));
                best[i] = round == 0 ? time : Math.min(best[i], time);
            }
        }
        for (int i = 0; i < best.length; i++) {
            System.out.printf("%.1f us %s%n", best[i], names.get(i));
        }
    }

    private static double time(List<Pass> passes) {
        try (NDManager manager = NDManager.newBaseManager()) {
            Block block =
                    new SequentialBlock()
                            .add(new Embedding(27, 10))
                            .add(x -> new NDList(x.head().reshape(x.head().getShape().get(0), -1)))
                            .add(Linear.builder().setUnits(200).build())
                            .add(BatchNorm.builder().build())
                            .add(Activations.tanh())
                            .add(Linear.builder().setUnits(27).build());
            block.initialize(manager, DataType.FLOAT32, new Shape(32, 3));
            NDArray x = manager.randomInteger(0, 27, new Shape(STEPS, 32, 3), DataType.INT64);
            NDArray y = manager.randomInteger(0, 27, new Shape(STEPS, 32), DataType.INT64);
            try (CompiledStep step =
                    CompiledStep.builder(block, new CrossEntropyLoss())
                            .setOptimizer(EasyTrainRun.sgd())
                            .optPasses(passes)
                            .build()) {
                step.run(new NDList(x), new NDList(y));
                long begin = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
                for (int i = 0; i < CALLS; i++) {
                    step.run(new NDList(x), new NDList(y));
                }
                long end = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
                return (end - begin) / 1e3 / STEPS / CALLS;
            }
        }
    }
}
