/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.djlext.nn.Activations;
import org.djlext.optim.TorchAdamW;
import org.djlext.optim.TorchSgd;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random chains of layers over square arrays, so that any of them may be transposed: what is
 * compiled trains as the engine does. {@code -Dcompile.fuzz=1000} draws more of them. Dropout is
 * not among the layers: it draws the same numbers in the order of memory, which is not always the
 * same.
 */
class CompileFuzzTest {

    private static final int SIZE = 6;
    private static final int LENGTH = 7;

    // None makes large numbers much larger: a model of many would give NaN.
    private static final List<UnaryOperator<NDArray>> OPERATIONS =
            List.of(
                    NDArray::transpose,
                    NDArray::transpose,
                    NDArray::tanh,
                    x -> x.transpose().tanh(),
                    x -> Activation.relu(x),
                    x -> Activation.sigmoid(x).transpose(),
                    x -> Activation.gelu(x),
                    x -> x.softmax(1),
                    x -> x.softmax(0),
                    x -> x.logSoftmax(-1),
                    x -> x.mul(1).add(0).sub(0.5),
                    x -> x.div(2).sin().mul(x.transpose()),
                    x -> x.add(x.mean(new int[] {0}, true)),
                    x -> x.sub(x.max(new int[] {1}, true)),
                    x -> x.square().add(1).sqrt(),
                    x -> x.tanh().div(SIZE).matMul(x.transpose()),
                    x ->
                            square(
                                    x.tanh()
                                            .div(SIZE)
                                            .matMul(x)
                                            .reshape(4, 9)
                                            .add(x.reshape(4, 9).get(0))),
                    x -> square(x.tanh().div(SIZE).matMul(x).reshape(3, 12).add(x.reshape(3, 12))),
                    x -> x.tanh().div(SIZE).matMul(x).add(x).add(x.get(":, 0")),
                    x -> square(x.reshape(2, 18)),
                    x -> square(x.transpose().reshape(4, 9)),
                    x -> NDArrays.concat(new NDList(x.get(":, 3:"), x.get(":, :3")), 1),
                    x -> x.get(new NDIndex("1:")).concat(x.get(new NDIndex(":1")), 0),
                    x -> x.abs().add(0.1).pow(-2).mul(0.01).add(x),
                    x -> x.clip(-1, 1));

    private static NDArray square(NDArray x) {
        return x.reshape(SIZE, SIZE);
    }

    private static Block layer(int kind) {
        return switch (kind) {
            case 0 -> Linear.builder().setUnits(SIZE).build();
            case 1 -> org.djlext.nn.Linear.builder().setUnits(SIZE).build();
            case 2 -> BatchNorm.builder().build();
            case 3 -> org.djlext.nn.BatchNorm.builder().build();
            case 4 -> LayerNorm.builder().build();
            case 5 -> new org.djlext.nn.LayerNorm(SIZE);
            case 6 -> Activations.tanh();
            default -> // a weight that is read the other way round: its gradient is transposed
                    Small.block(
                            new Shape(SIZE, SIZE), (x, w) -> x.mul(w.transpose().tanh()).add(w));
        };
    }

    private static Block block(long seed) {
        Random random = new Random(seed);
        SequentialBlock block = new SequentialBlock();
        for (int i = 0; i < LENGTH; i++) {
            if (random.nextInt(5) < 2) {
                block.add(layer(random.nextInt(8)));
            } else {
                UnaryOperator<NDArray> op = OPERATIONS.get(random.nextInt(OPERATIONS.size()));
                block.add(x -> new NDList(op.apply(x.head())));
            }
        }
        return block.add(Linear.builder().setUnits(3).build());
    }

    private static Optimizer optimizer(int kind) {
        return switch (kind) {
            case 0 -> Optimizer.sgd().setLearningRateTracker(Tracker.fixed(0.05f)).build();
            case 1 -> TorchSgd.builder().optLearningRate(0.05).build();
            case 2 ->
                    Optimizer.sgd()
                            .setLearningRateTracker(Tracker.fixed(0.05f))
                            .optMomentum(0.9f)
                            .build();
            // A gradient that is 0 but for rounding, as of a bias before batch norm, is none.
            case 3 ->
                    Optimizer.adam()
                            .optLearningRateTracker(Tracker.fixed(0.01f))
                            .optEpsilon(1e-3f)
                            .build();
            default -> TorchAdamW.builder().optLearningRate(0.01).optEps(1e-3).build();
        };
    }

    private static List<Arguments> seeds() {
        List<Arguments> seeds = new ArrayList<>();
        long first = Long.getLong("compile.fuzz.first", 0);
        for (long seed = first; seed < first + Integer.getInteger("compile.fuzz", 20); seed++) {
            seeds.add(Arguments.of(seed, (int) (seed % 5)));
        }
        return seeds;
    }

    @ParameterizedTest(name = "seed {0}, optimizer {1}")
    @MethodSource("seeds")
    void trainsAsTheEngineDoes(long seed, int kind) {
        Twins.compare(
                () -> block(seed),
                Loss.softmaxCrossEntropyLoss(),
                DataType.FLOAT64,
                new Shape(SIZE, SIZE),
                () -> optimizer(kind),
                1e-7);
    }
}
