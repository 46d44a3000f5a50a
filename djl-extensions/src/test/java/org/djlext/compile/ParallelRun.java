/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.djlext.autograd.Autograd;
import org.djlext.distributed.DistributedException;
import org.djlext.distributed.ProcessGroup;
import org.djlext.distributed.ReduceOp;
import org.djlext.nn.BatchNorm;
import org.djlext.nn.CrossEntropyFunction;
import org.djlext.nn.CrossEntropyLoss;
import org.djlext.nn.Reduction;
import org.djlext.optim.TorchAdamW;
import org.djlext.optim.TorchOptimizer;
import org.djlext.optim.TorchSgd;
import org.djlext.torch.RandomState;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** Trainings for {@link DataParallelTest}, as one rank or alone: each gives losses and values. */
public final class ParallelRun {

    /** What is trained how. */
    enum Case {
        SGD,
        ADAMW,
        BATCH_NORM,
        OWN_BATCH_NORM,
        RAGGED,
        CLIPPED,
        NAN,
        AVERAGE,
        AVERAGE_NAN,
        TRAINER,
        PLAIN,
        LOST
    }

    /**
     * What came of a training.
     *
     * @param losses the loss of each step
     * @param values all parameters, one after the other
     */
    record Result(List<Double> losses, List<Float> values) {

        Result(double[] losses, float[] values) {
            this(Arrays.stream(losses).boxed().toList(), floats(values));
        }

        private static List<Float> floats(float[] values) {
            List<Float> list = new ArrayList<>();
            for (float value : values) {
                list.add(value);
            }
            return list;
        }

        static Result parse(String line) {
            String[] parts = line.split(";", -1);
            return new Result(
                    Arrays.stream(parts[1].split(",", -1)).map(Double::valueOf).toList(),
                    Arrays.stream(parts[2].split(",", -1)).map(Float::valueOf).toList());
        }

        private String text() {
            return (losses + ";" + values).replaceAll("[ \\[\\]]", "");
        }
    }

    private static final int STEPS = 200;
    private static final int BATCH = 24;
    private static final int FEATURES = 7;
    private static final int CLASSES = 5;

    private final Case what;
    private final @Nullable ProcessGroup group;
    private final int rank;
    private final int size;

    private ParallelRun(Case what, @Nullable ProcessGroup group) {
        this.what = what;
        this.group = group;
        rank = group == null ? 0 : group.rank();
        size = group == null ? 1 : group.worldSize();
    }

    /**
     * The main: one rank of the group that the environment names.
     *
     * @param args the cases
     */
    public static void main(String[] args) {
        ((Logger) LoggerFactory.getLogger("org.djlext.compile")).setLevel(Level.INFO);
        try (ProcessGroup group = ProcessGroup.fromEnvironment()) {
            for (String name : args) {
                Case what = Case.valueOf(name);
                try {
                    Result result = run(what, group);
                    System.out.println(name + ";" + result.text());
                } catch (DistributedException e) {
                    System.out.println(name + ";" + e.getMessage());
                }
            }
        }
    }

    /** Runs a training alone, or as a rank of a group. */
    static Result run(Case what, @Nullable ProcessGroup group) {
        return new ParallelRun(what, group).train();
    }

    private boolean isAny(Case... cases) {
        return Arrays.asList(cases).contains(what);
    }

    private Block block() {
        SequentialBlock block = new SequentialBlock();
        block.add(Linear.builder().setUnits(16).build());
        if (isAny(Case.BATCH_NORM, Case.OWN_BATCH_NORM)) {
            block.add(BatchNorm.builder().build());
            block.add(BatchNorm.builder().optCorrection(0).build());
        }
        block.add(Activation::tanh);
        block.add(Linear.builder().setUnits(CLASSES).build());
        if (what == Case.BATCH_NORM) {
            BatchNorm.synchronize(block, group);
        }
        return block;
    }

    /** The rows of a global batch that this rank has. */
    private NDArray shard(NDArray whole) {
        int from = BATCH * rank / size;
        int to = BATCH * (rank + 1) / size;
        if (what == Case.RAGGED && size > 1) {
            from = rank == 0 ? 0 : 5 + (rank - 1);
            to = rank == 0 ? 5 : rank == size - 1 ? BATCH : 5 + rank;
        }
        return whole.get(new NDIndex(":, {}:{}", from, to));
    }

    /** The inputs of all steps, (steps, batch, features). */
    static float[] inputs() {
        return inputs(new Random(5));
    }

    private static float[] inputs(Random random) {
        float[] x = new float[STEPS * BATCH * FEATURES];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextGaussian();
        }
        return x;
    }

    private Result train() {
        try (NDManager manager = NDManager.newBaseManager()) {
            Random random = new Random(5);
            float[] x = inputs(random);
            long[] y = new long[STEPS * BATCH];
            for (int i = 0; i < y.length; i++) {
                int first = i * FEATURES;
                y[i] = (x[first] > 0 ? 1L : 0L) + (x[first + 1] * x[first + 2] > 0 ? 2L : 0L);
                if (what == Case.RAGGED && random.nextInt(3) == 0) {
                    y[i] = -1;
                }
            }
            if (isAny(Case.NAN, Case.AVERAGE_NAN)) {
                // In the shard of the last rank alone.
                x[(30 * BATCH + BATCH - 1) * FEATURES] = Float.NaN;
            }
            NDArray data = manager.create(x, new Shape(STEPS, BATCH, FEATURES));
            NDArray labels = manager.create(y, new Shape(STEPS, BATCH));
            Block block = block();
            // All ranks but the first begin with other values, which those of the first replace.
            RandomState.seed(rank + 1);
            if (what == Case.TRAINER) {
                return trainer(manager, block, shard(data), shard(labels));
            }
            block.initialize(manager, DataType.FLOAT32, new Shape(BATCH, FEATURES));
            if (what == Case.PLAIN) {
                return plain(manager, block, shard(data), shard(labels));
            }
            CrossEntropyLoss loss =
                    new CrossEntropyLoss("loss", new CrossEntropyFunction(Reduction.MEAN, -1L));
            try (TorchOptimizer optimizer =
                            what == Case.ADAMW
                                    ? TorchAdamW.builder().optLearningRate(1e-2).build()
                                    : TorchSgd.builder().optLearningRate(0.1).build();
                    CompiledStep step = step(block, loss, optimizer)) {
                double[] losses = new double[0];
                for (int from = 0; from < STEPS; from += 50) {
                    NDIndex some = new NDIndex("{}:{}", from, from + 50);
                    double[] more =
                            step.run(
                                    new NDList(shard(data).get(some)),
                                    new NDList(shard(labels).get(some)));
                    losses = Arrays.copyOf(losses, from + more.length);
                    System.arraycopy(more, 0, losses, from, more.length);
                    if (!Double.isFinite(losses[losses.length - 1])) {
                        break;
                    }
                    if (what == Case.LOST && from == 50 && rank == 1) {
                        Runtime.getRuntime().halt(137);
                    }
                }
                step.averageParameters();
                return new Result(losses, values(block));
            }
        }
    }

    private CompiledStep step(Block block, Loss loss, TorchOptimizer optimizer) {
        CompiledStep.Builder builder = CompiledStep.builder(block, loss).setOptimizer(optimizer);
        if (what == Case.CLIPPED) {
            builder.optClipNorm(0.1);
        }
        if (group != null) {
            builder.optProcessGroup(group);
            if (isAny(Case.AVERAGE, Case.AVERAGE_NAN)) {
                builder.optAverageEvery(8);
            }
        }
        return builder.build();
    }

    // A loop of one's own, with gradients of the engine.
    private Result plain(NDManager manager, Block block, NDArray data, NDArray labels) {
        NDList parameters = new NDList();
        block.getParameters().values().forEach(p -> parameters.add(p.getArray()));
        if (group != null) {
            group.broadcast(parameters, 0);
        }
        CrossEntropyLoss loss = new CrossEntropyLoss();
        ParameterStore store = new ParameterStore(manager, false);
        double[] losses = new double[STEPS];
        for (int i = 0; i < STEPS; i++) {
            try (NDManager step = manager.newSubManager();
                    Autograd.Scope recorded = Autograd.enableGrad()) {
                NDList x = new NDList(data.get(i));
                NDList y = new NDList(labels.get(i));
                x.attach(step);
                NDArray value = loss.evaluate(y, block.forward(store, x, true));
                NDList reduced = Autograd.grad(new NDList(value), parameters);
                NDList gradients = new NDList(reduced);
                reduced.add(value.stopGradient());
                if (group != null) {
                    group.weightedMean(reduced, (double) y.head().size());
                }
                losses[i] = reduced.get(gradients.size()).getFloat();
                try (Autograd.Scope unrecorded = Autograd.noGrad()) {
                    for (int k = 0; k < gradients.size(); k++) {
                        parameters.get(k).subi(gradients.get(k).mul(0.1));
                    }
                }
            }
        }
        return new Result(losses, values(block));
    }

    // Two batches before each step.
    private Result trainer(NDManager manager, Block block, NDArray data, NDArray labels) {
        DefaultTrainingConfig config =
                new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
                        .optOptimizer(
                                Optimizer.sgd()
                                        .setLearningRateTracker(Tracker.fixed(0.05f))
                                        .build());
        try (Model model = Model.newInstance("parallel")) {
            model.setBlock(block);
            double[] losses = new double[STEPS];
            try (Trainer trainer =
                    group == null
                            ? new CompiledTrainer(model, config)
                            : new CompiledTrainer(model, config, group)) {
                trainer.initialize(new Shape(BATCH / size, FEATURES));
                for (int i = 0; i < STEPS; i++) {
                    NDList x = new NDList(data.get(i));
                    NDList y = new NDList(labels.get(i));
                    NDList predictions = trainer.forward(x, y);
                    NDArray value = trainer.getLoss().evaluate(y, predictions);
                    try (GradientCollector collector = trainer.newGradientCollector()) {
                        collector.backward(value);
                    }
                    losses[i] = value.toType(DataType.FLOAT64, false).getDouble();
                    if (i % 2 == 1) {
                        trainer.step();
                    }
                }
                if (group != null) {
                    NDArray all = manager.create(losses);
                    group.allReduce(all, ReduceOp.MEAN);
                    losses = all.toDoubleArray();
                }
            }
            return new Result(losses, values(block));
        }
    }

    private static float[] values(Block block) {
        NDList all = new NDList();
        block.getParameters().values().forEach(p -> all.add(p.getArray().flatten()));
        int count = (int) all.stream().mapToLong(NDArray::size).sum();
        float[] values = new float[count];
        int place = 0;
        for (NDArray array : all) {
            float[] own = array.toFloatArray();
            System.arraycopy(own, 0, values, place, own.length);
            place += own.length;
        }
        return values;
    }
}
