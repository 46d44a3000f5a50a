/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.initializer.Initializer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import org.djlext.nn.FunctionBlock;

/** Blocks, losses and optimizers of a line, which tests are made of. */
public final class Small {

    private Small() {}

    /** Computes a loss. */
    public interface Evaluation {

        /** Returns the loss of labels and predictions. */
        NDArray of(NDList labels, NDList predictions);
    }

    /** A loss. */
    public static Loss loss(Evaluation evaluation) {
        return new Loss("small loss") {
            @Override
            public NDArray evaluate(NDList labels, NDList predictions) {
                return evaluation.of(labels, predictions);
            }
        };
    }

    /** The sum of the first output. */
    static Loss sum() {
        return loss((labels, outputs) -> outputs.head().sum());
    }

    /** The sum of all outputs that are floating and finite, each number with its own weight. */
    static Loss weightedSum() {
        return loss(
                (labels, outputs) -> {
                    NDArray sum = outputs.head().sum();
                    for (NDArray y : outputs) {
                        if (y.getDataType().isFloating()) {
                            NDArray weights = y.getManager().arange((float) y.size()).sin();
                            weights = weights.reshape(y.getShape()).toType(y.getDataType(), false);
                            NDArray finite = NDArrays.where(y.abs().lt(1e6), y, y.zerosLike());
                            sum = sum.add(finite.mul(weights).sum());
                        }
                    }
                    return sum;
                });
    }

    /** A block of the inputs and a weight of zeros. */
    static Block block(Shape weight, Function<NDList, NDList> computation) {
        return FunctionBlock.builder("small block")
                .addParameter(parameter("w", true), in -> weight)
                .setComputation((arrays, training) -> computation.apply(arrays))
                .build();
    }

    /** A block of an input and a weight of zeros. */
    static Block block(Shape weight, BinaryOperator<NDArray> computation) {
        return block(weight, all -> new NDList(computation.apply(all.get(0), all.get(1))));
    }

    static Parameter parameter(String name, boolean isTrained) {
        return Parameter.builder()
                .setName(name)
                .setType(Parameter.Type.OTHER)
                .optInitializer(Initializer.ZEROS)
                .optRequiresGrad(isTrained)
                .build();
    }

    /** Two layers and a tanh between them. */
    static Block mlp() {
        return new SequentialBlock()
                .add(Linear.builder().setUnits(6).build())
                .add(Activation::tanh)
                .add(Linear.builder().setUnits(3).build());
    }

    /** Steps of plain descent. */
    static CompiledStep step(Block block, Loss loss, double rate) {
        return CompiledStep.builder(block, loss).setOptimizer(sgd(rate)).build();
    }

    /** Makes sure that a step cannot be compiled, and that the message says why. */
    static void assertRefused(Block block, Loss loss, NDList data, NDList labels, String... why) {
        try (CompiledStep step = step(block, loss, 1)) {
            assertFailsSaying(CompileException.class, () -> step.run(data, labels), why);
        }
    }

    /** Makes sure that types, shapes and numbers are the same. */
    static void assertSame(NDArray expected, NDArray actual, double tolerance, String what) {
        assertEquals(expected.getDataType(), actual.getDataType(), what);
        assertEquals(expected.getShape(), actual.getShape(), what);
        double[] e = expected.toType(DataType.FLOAT64, false).toDoubleArray();
        double[] a = actual.toType(DataType.FLOAT64, false).toDoubleArray();
        for (int i = 0; i < e.length; i++) {
            double scale = Double.isInfinite(e[i]) ? 1 : Math.max(1, Math.abs(e[i]));
            assertEquals(e[i] / scale, a[i] / scale, tolerance, what + ", number " + i);
        }
    }

    /** What a trainer on the processor needs. */
    static DefaultTrainingConfig config(Loss loss, Optimizer optimizer) {
        return new DefaultTrainingConfig(loss)
                .optDevices(new Device[] {Device.cpu()})
                .optOptimizer(optimizer);
    }

    /** A rate that falls by half twice in five steps; it remembers how far it has got. */
    static Tracker falling(double rate) {
        return Tracker.multiFactor()
                .setSteps(new int[] {2, 4})
                .setBaseValue((float) rate)
                .optFactor(0.5f)
                .build();
    }

    /** Plain descent. */
    static Optimizer sgd(double rate) {
        return Optimizer.sgd().setLearningRateTracker(Tracker.fixed((float) rate)).build();
    }
}
