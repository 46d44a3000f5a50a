/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.djlext.compile.CompiledStep;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.data.Contexts;
import org.djlext.makemore.data.Examples;
import org.djlext.makemore.data.NameSplit;
import org.djlext.makemore.data.Names;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.makemore.ninja.ManualTrainer;
import org.djlext.makemore.ninja.NinjaParameters;
import org.djlext.nn.BatchNormFunction;
import org.djlext.nn.CrossEntropyLoss;
import org.djlext.nn.EmbeddingFunction;
import org.djlext.nn.FunctionBlock;
import org.djlext.nn.LinearFunction;
import org.djlext.nn.TanhFunction;
import org.djlext.optim.TorchSgd;

/**
 * The network of exercise 4, compiled from the library's own rules, beside the trainer of the
 * exercise: processor time of one thread, round by round.
 *
 * <pre>
 * OMP_NUM_THREADS=1 java -Dai.djl.pytorch.num_threads=1 -cp "benchmarks/target/benchmarks.jar:benchmarks/target/lib/*" org.djlext.benchmarks.CompiledExercise4
 * </pre>
 */
public final class CompiledExercise4 {

    private static final int BLOCK_SIZE = 3;
    private static final double RATE = 0.1;

    private CompiledExercise4() {}

    /**
     * Measures.
     *
     * @param args the numbers of batch size, hidden size and steps, or nothing for the lecture's
     */
    public static void main(String[] args) {
        int batch = args.length > 0 ? Integer.parseInt(args[0]) : 32;
        int hidden = args.length > 1 ? Integer.parseInt(args[1]) : 200;
        int steps = args.length > 2 ? Integer.parseInt(args[2]) : 10_000;
        int perCall = Math.max(1, Math.min(500, 16_000 / batch));
        NameSplit split = NameSplit.of(Names.embedded());
        try (NDManager manager = NDManager.newBaseManager()) {
            Contexts train = Contexts.of(split.train(), BLOCK_SIZE, CharVocabulary.LETTERS);
            for (int round = 0; round < 5; round++) {
                exercise(manager, train, batch, hidden, steps);
                compiled(manager, train, batch, hidden, steps, perCall, round == 0);
            }
        }
    }

    private static void exercise(
            NDManager manager, Contexts train, int batch, int hidden, int steps) {
        try (NDManager sub = manager.newSubManager()) {
            TorchGenerator generator = new TorchGenerator(42);
            NinjaParameters drawn = NinjaParameters.draw(sub, generator, 27, hidden);
            try (ManualTrainer trainer =
                    new ManualTrainer(sub, drawn, train, generator, batch, Integer.MAX_VALUE)) {
                float[] last = {0};
                long begin = processorTime();
                trainer.train(0, steps, (i, loss) -> last[0] = loss);
                print("exercise", begin, steps, last[0]);
            }
        }
    }

    private static void compiled(
            NDManager manager,
            Contexts train,
            int batch,
            int hidden,
            int steps,
            int perCall,
            boolean show) {
        try (NDManager sub = manager.newSubManager()) {
            TorchGenerator generator = new TorchGenerator(42);
            NinjaParameters drawn = NinjaParameters.draw(sub, generator, 27, hidden);
            FunctionBlock block = block(drawn, hidden);
            block.initialize(sub, DataType.FLOAT32, new Shape(batch, BLOCK_SIZE));
            try (CompiledStep step =
                    CompiledStep.builder(block, new CrossEntropyLoss())
                            .setOptimizer(TorchSgd.builder().optLearningRate(RATE).build())
                            .build()) {
                float last = 0;
                long begin = processorTime();
                for (int i = 0; i < steps; i += perCall) {
                    if (i == perCall) {
                        System.out.printf(
                                "first %d steps: %.0f ms%n", i, (processorTime() - begin) / 1e6);
                        begin = processorTime();
                    }
                    try (NDManager call = sub.newSubManager()) {
                        long[] rows = generator.randint(call, train.size(), perCall * batch);
                        Examples.Batch batches = train.gather(call, rows);
                        NDArray x = batches.x().reshape(perCall, batch, BLOCK_SIZE);
                        NDArray y = batches.y().reshape(perCall, batch);
                        double[] losses = step.run(new NDList(x), new NDList(y));
                        last = (float) losses[perCall - 1];
                    }
                }
                print("compiled", begin, steps - perCall, last);
                if (show) {
                    System.out.println(step.script());
                }
            }
        }
    }

    private static FunctionBlock block(NinjaParameters drawn, int hidden) {
        EmbeddingFunction embedding = new EmbeddingFunction();
        LinearFunction linear = new LinearFunction();
        BatchNormFunction batchNorm = new BatchNormFunction(1e-5, 1);
        TanhFunction tanh = new TanhFunction();
        NDList values =
                new NDList(
                        drawn.c(),
                        drawn.w1(),
                        drawn.b1(),
                        drawn.bngain().reshape(hidden),
                        drawn.bnbias().reshape(hidden),
                        drawn.w2(),
                        drawn.b2());
        List<String> names = List.of("c", "w1", "b1", "bngain", "bnbias", "w2", "b2");
        FunctionBlock.Builder builder = FunctionBlock.builder("exercise4");
        for (int i = 0; i < values.size(); i++) {
            NDArray value = values.get(i);
            Parameter parameter =
                    Parameter.builder()
                            .setName(names.get(i))
                            .setType(Parameter.Type.OTHER)
                            .optArray(value)
                            .build();
            builder.addParameter(parameter, in -> value.getShape());
        }
        return builder.setComputation(
                        (in, training) -> {
                            NDArray x = in.get(0); // (B, 3)
                            NDArray emb = embedding.apply(x, in.get(1)); // (B, 3, 10)
                            NDArray flat = emb.reshape(x.getShape().get(0), -1); // (B, 30)
                            NDArray a = linear.apply(flat, in.get(2), in.get(3)); // (B, H)
                            NDArray z = batchNorm.apply(new NDList(a, in.get(4), in.get(5))).get(0);
                            NDArray h = tanh.apply(z);
                            return new NDList(linear.apply(h, in.get(6), in.get(7))); // (B, 27)
                        })
                .build();
    }

    private static long processorTime() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static void print(String name, long begin, int steps, float loss) {
        double each = (processorTime() - begin) / 1e3 / steps;
        System.out.printf("%s: %.1f us a step, last loss %.6f%n", name, each, loss);
    }
}
