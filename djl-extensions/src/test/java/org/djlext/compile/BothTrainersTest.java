/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.djlext.optim.TorchAdamW;
import org.djlext.optim.TorchSgd;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * DJL's trainer and the compiled one do the same: batches of several shapes, an evaluation in
 * between, gradients of two batches in a step, and a rate that falls.
 */
class BothTrainersTest extends ArrayTest {

    private static final int[][] BATCHES = {{4}, {4}, {3}, {4, 3}, {4}};

    static Stream<Arguments> optimizers() {
        return Stream.of(
                optimizer(
                        "sgd with momentum and decay",
                        () ->
                                Optimizer.sgd()
                                        .setLearningRateTracker(Small.falling(0.1))
                                        .optMomentum(0.9f)
                                        .optWeightDecays(0.01f)
                                        .optClipGrad(0.1f)
                                        .build()),
                optimizer(
                        "adamW",
                        () ->
                                Optimizer.adamW()
                                        .optLearningRateTracker(Small.falling(0.1))
                                        .optWeightDecays(0.1f)
                                        .build()),
                optimizer(
                        "TorchSgd",
                        () -> TorchSgd.builder().optLearningRate(0.1).optMomentum(0.9).build()),
                optimizer("TorchAdamW", () -> TorchAdamW.builder().optLearningRate(0.05).build()));
    }

    private static Arguments optimizer(String name, Supplier<Optimizer> optimizer) {
        return Arguments.of(name, optimizer);
    }

    /** A convolution of channels that come last, whose gradient is laid out in that way. */
    private static Block block() {
        return new SequentialBlock()
                .add(x -> new NDList(x.head().transpose(0, 3, 1, 2)))
                .add(
                        Conv2d.builder()
                                .setFilters(4)
                                .setKernelShape(new Shape(3, 2))
                                .optBias(false) // batch norm takes it away, its gradient is noise
                                .build())
                .add(BatchNorm.builder().build())
                .add(Activation::relu)
                .add(Blocks.batchFlattenBlock())
                .add(Linear.builder().setUnits(3).build());
    }

    /** Returns the losses, the outputs of the evaluations and the parameters. */
    private NDList train(BiFunction<Model, TrainingConfig, Trainer> trainers, Optimizer optimizer) {
        Engine.getInstance().setRandomSeed(5);
        NDList found = new NDList();
        TrainingConfig config = Small.config(Loss.softmaxCrossEntropyLoss(), optimizer);
        try (Model model = Model.newInstance("images", Device.cpu())) {
            model.setBlock(block());
            try (Trainer trainer = trainers.apply(model, config)) {
                trainer.initialize(new Shape(4, 6, 5, 3));
                for (int[] sizes : BATCHES) {
                    try (GradientCollector collector = trainer.newGradientCollector()) {
                        for (int size : sizes) {
                            collector.backward(loss(trainer, size, found));
                        }
                    }
                    trainer.step();
                    NDArray other = manager.randomNormal(new Shape(2, 6, 5, 3));
                    found.add(trainer.evaluate(new NDList(other)).head().duplicate());
                }
            }
            for (Parameter parameter : model.getBlock().getParameters().values()) {
                found.add(parameter.getArray().stopGradient().duplicate());
            }
            found.attach(manager);
        }
        return found;
    }

    private NDArray loss(Trainer trainer, int size, NDList found) {
        NDList data = new NDList(manager.randomNormal(new Shape(size, 6, 5, 3)));
        NDList labels = new NDList(manager.randomInteger(0, 3, new Shape(size), DataType.INT64));
        NDArray loss = trainer.getLoss().evaluate(labels, trainer.forward(data, labels));
        found.add(loss.duplicate());
        return loss;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("optimizers")
    void doTheSame(String name, Supplier<Optimizer> optimizer) {
        NDList expected = train(Model::newTrainer, optimizer.get());
        NDList got = train(CompiledTrainer::new, optimizer.get());
        assertEquals(expected.size(), got.size());
        List<Integer> wrong = new ArrayList<>();
        for (int i = 0; i < expected.size(); i++) {
            if (!expected.get(i).allClose(got.get(i), 1e-3, 1e-5, false)) {
                wrong.add(i);
            }
        }
        assertTrue(wrong.isEmpty(), () -> wrong + " of " + expected.size());
    }
}
