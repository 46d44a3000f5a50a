/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import static org.djlext.testing.Failures.assertContains;
import static org.djlext.testing.Failures.assertFailsSaying;
import static org.djlext.testing.Failures.message;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.ParameterStore;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.djlext.autograd.Recorder;
import org.djlext.testing.ArrayTest;
import org.djlext.torch.TorchScriptException;
import org.junit.jupiter.api.Test;

/** What a step must not do, and what the message says; nothing is dropped or kept in silence. */
class WhatCannotBeCompiledTest extends ArrayTest {

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
                .setOptimizer(Small.sgd(0.1))
                .build();
    }

    private double[] run(CompiledStep step) {
        NDArray data = manager.randomNormal(new Shape(3, 2, 5));
        NDArray labels = manager.ones(new Shape(3, 2), DataType.INT64);
        return step.run(new NDList(data), new NDList(labels));
    }

    private String refused(UnaryOperator<NDArray> layer) {
        try (CompiledStep step = step(layer)) {
            String message = message(CompileException.class, () -> run(step));
            assertContains(message, "cannot compile");
            return message;
        }
    }

    @Test
    void methodThatIsNotRecorded() {
        String message = refused(x -> x.fft(4));
        assertContains(message, "NDArray.fft is not recorded");
        assertContains(message, "WhatCannotBeCompiledTest.java:");
    }

    @Test
    void shapeThatDependsOnValues() {
        assertContains(refused(x -> x.booleanMask(x.gt(0))), "use NDArrays.where instead");
        assertContains(refused(x -> x.get(x.gt(0))), "use NDArrays.where instead");
    }

    @Test
    void valueOfTheBatchThatSteers() {
        String message = refused(x -> x.sum().getFloat() > 0 ? x.mul(2) : x);
        assertContains(message, "reads numbers of an array that differ from step to step");
        assertContains(message, "WhatCannotBeCompiledTest.java:");
    }

    @Test
    void valueOfTheBatchThatBecomesANumber() {
        assertContains(refused(x -> x.div(x.max().getFloat())), "reads numbers");
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
        assertContains(refused(x -> checkPositive(x) ? x.mul(2) : x), "reads numbers");
        assertContains(refused(x -> checkedScale(x)), "must not create arrays");
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
            assertContains(step.script(), "torch.mul(");
        }
    }

    @Test
    void counterInAField() {
        int[] count = {0};
        String message = refused(x -> x.mul(1 + count[0]++));
        assertContains(message, "it does something else in another step");
        assertContains(message, "WhatCannotBeCompiledTest.java:");
        assertContains(refused(x -> count[0]++ % 2 == 0 ? x.tanh() : x), "in another step");
    }

    @Test
    void numbersThatJavaDraws() {
        Random random = new Random(1);
        assertContains(
                refused(x -> x.mul(x.getManager().create(random.nextFloat()))),
                "arrays of other numbers in each step");
    }

    @Test
    void arrayBesideTheTapeThatEachStepChanges() {
        NDArray scale = manager.ones(new Shape(4));
        assertContains(refused(x -> x.mul(scale.addi(1))), "arrays of other numbers in each step");
    }

    @Test
    void stateThatIsKeptFromStepToStep() {
        NDList state = new NDList();
        UnaryOperator<NDArray> layer =
                x -> {
                    NDArray sum = state.isEmpty() ? x : x.add(state.head());
                    state.clear();
                    if (x instanceof Recorder.Recorded) { // and not when its shape is asked for
                        state.add(sum);
                    }
                    return sum;
                };
        assertContains(refused(layer), "an array that an earlier step has computed");
    }

    @Test
    void comparisonThatSteers() {
        assertContains(refused(x -> x.equals(x.abs()) ? x.mul(2) : x), "reads numbers");
    }

    @Test
    void operandBesideTheTape() {
        NDArray beside = manager.ones(new Shape(4));
        assertContains(refused(x -> beside.mul(x)), "turn the operation round");
    }

    @Test
    void arrayThatEachStepMakesBesideTheTape() {
        assertContains(
                refused(x -> x.add(manager.randomNormal(new Shape(4)))),
                "makes an array of shape (4) in each step");
    }

    @Test
    void whatIsComputedOfAParameterBesideTheTape() {
        NDArray weight = manager.ones(new Shape(4));
        weight.setRequiresGradient(true);
        assertContains(refused(x -> x.mul(weight)), "requires a gradient");
    }

    @Test
    void capturedArrayIsReadInEveryCall() {
        NDArray scale = manager.zeros(new Shape(3));
        Block block = Linear.builder().setUnits(3).build();
        block.initialize(manager, DataType.FLOAT32, new Shape(2, 5));
        Loss loss = Small.loss((labels, predictions) -> predictions.head().mul(scale).sum());
        try (CompiledStep step =
                CompiledStep.builder(block, loss).setOptimizer(Small.sgd(0)).build()) {
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
                refused(
                        x -> {
                            NDArray y = x.mul(1);
                            NDArray view = y.transpose();
                            y.addi(1);
                            return view.transpose();
                        }),
                "shares memory with one that was changed in place");
    }

    @Test
    void errorOfTheScriptNamesTheLineInJava() {
        try (CompiledStep step = step(NDArray::tanh)) {
            run(step);
            NDArray data = manager.randomNormal(new Shape(3, 2, 5));
            NDArray wrong = manager.full(new Shape(3, 2), 7, DataType.INT64);
            assertFailsSaying(
                    TorchScriptException.class,
                    () -> step.run(new NDList(data), new NDList(wrong)),
                    "# SoftmaxCrossEntropyLoss.java:");
        }
    }

    /** Half of the gradient, in Java. */
    private static final class Halved extends Optimizer {

        Halved() {
            super(new Settings());
        }

        private static final class Settings extends OptimizerBuilder<Settings> {
            @Override
            protected Settings self() {
                return this;
            }
        }

        @Override
        public void update(String parameterId, NDArray weight, NDArray grad) {
            weight.subi(grad.mul(0.5));
        }
    }

    @Test
    void optimizerThatIsNotKnown() {
        Block block = Linear.builder().setUnits(3).build();
        block.initialize(manager, DataType.FLOAT32, new Shape(2, 5));
        try (CompiledStep step =
                CompiledStep.builder(block, Loss.softmaxCrossEntropyLoss())
                        .setOptimizer(new Halved())
                        .build()) {
            assertFailsSaying(
                    CompileException.class,
                    () -> run(step),
                    "cannot compile Halved: it uses mul of its parameters");
        }
    }

    @Test
    void whereIsTheWayToChoose() {
        try (CompiledStep step = step(x -> NDArrays.where(x.gt(0), x, x.mul(0.1f)))) {
            assertEquals(3, run(step).length);
        }
    }
}
