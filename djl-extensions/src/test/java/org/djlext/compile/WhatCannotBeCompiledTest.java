/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.ParameterStore;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import java.util.function.UnaryOperator;
import org.djlext.torch.TorchScriptException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a step must not do, and what the message says; nothing is dropped or kept in silence. */
class WhatCannotBeCompiledTest {

    private final NDManager manager = NDManager.newBaseManager();

    @AfterEach
    void close() {
        manager.close();
    }

    private CompiledStep step(UnaryOperator<NDArray> layer) {
        Block block =
                new SequentialBlock()
                        .add(Linear.builder().setUnits(4).build())
                        .add(new LambdaBlock(in -> new NDList(layer.apply(in.head()))))
                        .add(Linear.builder().setUnits(3).build());
        Shape hidden = new Shape(2, 4);
        block.getChildren().valueAt(0).initialize(manager, DataType.FLOAT32, new Shape(2, 5));
        block.getChildren().valueAt(2).initialize(manager, DataType.FLOAT32, hidden);
        return CompiledStep.builder(block, Loss.softmaxCrossEntropyLoss())
                .setOptimizer(Optimizer.sgd().setLearningRateTracker(Tracker.fixed(0.1f)).build())
                .build();
    }

    private double[] run(CompiledStep step) {
        NDArray data = manager.randomNormal(new Shape(3, 2, 5));
        NDArray labels = manager.ones(new Shape(3, 2), DataType.INT64);
        return step.run(new NDList(data), new NDList(labels));
    }

    private String refused(UnaryOperator<NDArray> layer) {
        try (CompiledStep step = step(layer)) {
            String message = assertThrows(CompileException.class, () -> run(step)).getMessage();
            assertContains("cannot compile", message);
            return String.valueOf(message);
        }
    }

    private static void assertContains(String part, @Nullable String message) {
        assertTrue(String.valueOf(message).contains(part), message);
    }

    @Test
    void methodThatIsNotRecorded() {
        String message = refused(x -> x.fft(4));
        assertContains("NDArray.fft is not recorded", message);
        assertContains("WhatCannotBeCompiledTest.java:", message);
    }

    @Test
    void shapeThatDependsOnValues() {
        assertContains("use NDArrays.where instead", refused(x -> x.booleanMask(x.gt(0))));
        assertContains("use NDArrays.where instead", refused(x -> x.get(x.gt(0))));
    }

    @Test
    void valueOfTheBatchThatSteers() {
        String message = refused(x -> x.sum().getFloat() > 0 ? x.mul(2) : x);
        assertContains("reads numbers of an array that differ from step to step", message);
        assertContains("WhatCannotBeCompiledTest.java:", message);
    }

    @Test
    void valueOfTheBatchThatBecomesANumber() {
        assertContains("reads numbers", refused(x -> x.div(x.max().getFloat())));
    }

    private static void checkFinite(NDArray x) {
        if (x.isNaN().any().getBoolean()) {
            throw new IllegalArgumentException("not a number");
        }
    }

    private static boolean checkPositive(NDArray x) {
        return x.sum().getFloat() > 0;
    }

    private static NDArray checkedScale(NDArray x) {
        return x.mul(x.getManager().create(new float[] {x.max().getFloat()}));
    }

    @Test
    void checksMayRead() {
        UnaryOperator<NDArray> layer =
                x -> {
                    checkFinite(x);
                    return x.tanh();
                };
        try (CompiledStep step = step(layer)) {
            assertEquals(3, run(step).length);
        }
    }

    @Test
    void checksMayNotReturnNumbersOrMakeArrays() {
        assertContains("reads numbers", refused(x -> checkPositive(x) ? x.mul(2) : x));
        assertContains("must not create arrays", refused(x -> checkedScale(x)));
    }

    @Test
    void numbersThatAreTheSameInEveryStepMayBeRead() {
        UnaryOperator<NDArray> layer =
                x ->
                        x.mul(
                                x.getManager()
                                        .arange(4)
                                        .sum()
                                        .toType(DataType.FLOAT32, false)
                                        .getFloat());
        try (CompiledStep step = step(layer)) {
            run(step);
            assertContains("torch.mul(", step.script());
        }
    }

    @Test
    void operandBesideTheTape() {
        NDArray beside = manager.ones(new Shape(4));
        assertContains("turn the operation round", refused(x -> beside.mul(x)));
    }

    @Test
    void arrayThatEachStepMakesBesideTheTape() {
        assertContains(
                "makes an array of shape (4) in each step",
                refused(x -> x.add(manager.randomNormal(new Shape(4)))));
    }

    @Test
    void whatIsComputedOfAParameterBesideTheTape() {
        NDArray weight = manager.ones(new Shape(4));
        weight.setRequiresGradient(true);
        assertContains("requires a gradient", refused(x -> x.mul(weight)));
    }

    @Test
    void capturedArrayIsReadInEveryCall() {
        NDArray scale = manager.zeros(new Shape(3));
        Block block = Linear.builder().setUnits(3).build();
        block.initialize(manager, DataType.FLOAT32, new Shape(2, 5));
        Loss loss =
                new Loss("scaled") {
                    @Override
                    public NDArray evaluate(NDList labels, NDList predictions) {
                        return predictions.head().mul(scale).sum();
                    }
                };
        try (CompiledStep step =
                CompiledStep.builder(block, loss)
                        .setOptimizer(
                                Optimizer.sgd().setLearningRateTracker(Tracker.fixed(0f)).build())
                        .build()) {
            NDList data = new NDList(manager.ones(new Shape(1, 2, 5)));
            assertEquals(0, step.run(data, data)[0]);
            scale.addi(1);
            float expected =
                    block.forward(
                                    new ParameterStore(manager, false),
                                    new NDList(manager.ones(new Shape(2, 5))),
                                    false)
                            .head()
                            .sum()
                            .getFloat();
            assertEquals(expected, step.run(data, data)[0], 1e-5);
            assertEquals(1, step.counts().compiled());
        }
    }

    @Test
    void viewOfWhatWasChangedInPlace() {
        assertContains(
                "shares memory with one that was changed in place",
                refused(
                        x -> {
                            NDArray y = x.mul(1);
                            NDArray view = y.transpose();
                            y.addi(1);
                            return view.transpose();
                        }));
    }

    @Test
    void errorOfTheScriptNamesTheLineInJava() {
        try (CompiledStep step = step(NDArray::tanh)) {
            run(step);
            NDArray data = manager.randomNormal(new Shape(3, 2, 5));
            NDArray wrong = manager.full(new Shape(3, 2), 7, DataType.INT64);
            String message =
                    assertThrows(
                                    TorchScriptException.class,
                                    () -> step.run(new NDList(data), new NDList(wrong)))
                            .getMessage();
            assertContains("# SoftmaxCrossEntropyLoss.java:", message);
        }
    }

    @Test
    void optimizerThatIsNotKnown() {
        Block block = Linear.builder().setUnits(3).build();
        block.initialize(manager, DataType.FLOAT32, new Shape(2, 5));
        try (CompiledStep step =
                CompiledStep.builder(block, Loss.softmaxCrossEntropyLoss())
                        .setOptimizer(
                                Optimizer.rmsprop()
                                        .optLearningRateTracker(Tracker.fixed(0.1f))
                                        .build())
                        .build()) {
            assertContains(
                    "use one of DJL's Sgd, Adam and AdamW",
                    assertThrows(CompileException.class, () -> run(step)).getMessage());
        }
    }

    @Test
    void whereIsTheWayToChoose() {
        try (CompiledStep step = step(x -> NDArrays.where(x.gt(0), x, x.mul(0.1f)))) {
            assertEquals(3, run(step).length);
        }
    }
}
