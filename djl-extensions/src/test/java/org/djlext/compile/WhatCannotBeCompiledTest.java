/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import static org.djlext.testing.Failures.assertContains;
import static org.djlext.testing.Failures.assertFailsSaying;
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
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.djlext.autograd.EngineFunction;
import org.djlext.autograd.Recorder;
import org.djlext.testing.ArrayTest;
import org.djlext.torch.TorchScriptException;
import org.junit.jupiter.api.Test;

/** What a step must not do, and what the message says; nothing is dropped or kept in silence. */
class WhatCannotBeCompiledTest extends ArrayTest {

    private static final String FILE = "WhatCannotBeCompiledTest.java:";

    private static final Loss LOSS = Loss.softmaxCrossEntropyLoss();

    private final NDList data = new NDList(manager.randomNormal(new Shape(3, 2, 5)));
    private final NDList labels = new NDList(manager.ones(new Shape(3, 2), DataType.INT64));

    private Block block(UnaryOperator<NDArray> layer) {
        Block block =
                new SequentialBlock()
                        .add(Linear.builder().setUnits(4).build())
                        .add(new LambdaBlock(in -> new NDList(layer.apply(in.head()))))
                        .add(Linear.builder().setUnits(3).build());
        Shape hidden = new Shape(2, 4);
        block.getChildren().valueAt(0).initialize(manager, DataType.FLOAT32, new Shape(2, 5));
        block.getChildren().valueAt(2).initialize(manager, DataType.FLOAT32, hidden);
        return block;
    }

    /** Returns the script. */
    private String compiled(UnaryOperator<NDArray> layer) {
        try (CompiledStep step = Small.step(block(layer), LOSS, 0.1)) {
            assertEquals(3, step.run(data, labels).length);
            return step.script();
        }
    }

    private void assertRefused(UnaryOperator<NDArray> layer, String... why) {
        Small.assertRefused(block(layer), LOSS, data, labels, why);
    }

    @Test
    void whatIsNotRecorded() {
        assertRefused(x -> x.fft(4), "cannot compile " + FILE, "NDArray.fft is not recorded");
        assertRefused(x -> x.booleanMask(x.gt(0)), "use NDArrays.where instead");
        assertRefused(x -> x.get(x.gt(0)), "use NDArrays.where instead");
        compiled(x -> NDArrays.where(x.gt(0), x, x.mul(0.1f)));
    }

    @Test
    void numbersOfTheBatchThatAreReadInJava() {
        String reads = "reads numbers of an array that differ from step to step";
        assertRefused(x -> x.sum().getFloat() > 0 ? x.mul(2) : x, reads, FILE);
        assertRefused(x -> x.div(x.max().getFloat()), reads);
        assertRefused(x -> x.equals(x.abs()) ? x.mul(2) : x, reads);
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
    void checksMayReadAndDoNothingElse() {
        compiled(
                x -> {
                    checkFinite(x);
                    return x.tanh();
                });
        assertRefused(x -> checkPositive(x) ? x.mul(2) : x, "reads numbers");
        assertRefused(x -> checkedScale(x), "must not create arrays");
    }

    @Test
    void numbersThatAreTheSameInEveryStepMayBeRead() {
        assertContains(
                compiled(x -> x.mul(x.getManager().arange(4f).sum().getFloat())), "torch.mul(");
    }

    @Test
    void whatDiffersFromStepToStep() {
        int[] count = {0};
        String differs = "it does something else in another step";
        assertRefused(x -> x.mul(1 + count[0]++), differs, FILE);
        assertRefused(x -> count[0]++ % 2 == 0 ? x.tanh() : x, differs);
        String numbers = "arrays of other numbers in each step";
        Random random = new Random(1);
        assertRefused(x -> x.mul(x.getManager().create(random.nextFloat())), numbers);
        NDArray scale = manager.ones(new Shape(4));
        assertRefused(x -> x.mul(scale.addi(1)), numbers);
        assertRefused(
                x -> x.add(manager.randomNormal(new Shape(4))),
                "makes an array of shape (4) in each step");
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
        assertRefused(layer, "an array that an earlier step has computed");
    }

    @Test
    void operandBesideTheTape() {
        NDArray beside = manager.ones(new Shape(4));
        assertRefused(x -> beside.mul(x), "turn the operation round");
    }

    @Test
    void whatIsComputedOfAParameterBesideTheTape() {
        NDArray weight = manager.ones(new Shape(4));
        weight.setRequiresGradient(true);
        assertRefused(x -> x.mul(weight), "requires a gradient");
    }

    @Test
    void capturedArrayIsReadInEveryCall() {
        NDArray scale = manager.zeros(new Shape(3));
        Block block = Linear.builder().setUnits(3).build();
        block.initialize(manager, DataType.FLOAT32, new Shape(2, 5));
        Loss loss = Small.loss((labels, predictions) -> predictions.head().mul(scale).sum());
        try (CompiledStep step = Small.step(block, loss, 0)) {
            NDList one = new NDList(manager.ones(new Shape(1, 2, 5)));
            assertEquals(0, step.run(one, one)[0]);
            scale.addi(1);
            float expected =
                    block.forward(
                                    new ParameterStore(manager, false),
                                    new NDList(manager.ones(new Shape(2, 5))),
                                    false)
                            .head()
                            .sum()
                            .getFloat();
            assertEquals(expected, step.run(one, one)[0], 1e-5);
            assertEquals(1, step.counts().compiled());
        }
    }

    /** Also a view that the engine's function of that name gives. */
    @Test
    void viewOfWhatWasChangedInPlace() {
        List<UnaryOperator<NDArray>> views =
                List.of(NDArray::transpose, x -> EngineFunction.callForArray("t", x));
        for (UnaryOperator<NDArray> transpose : views) {
            assertRefused(
                    x -> {
                        NDArray y = x.mul(1);
                        NDArray view = transpose.apply(y);
                        y.addi(1);
                        return view.transpose();
                    },
                    "shares memory with one that was changed in place");
        }
    }

    @Test
    void errorOfTheScriptNamesTheLineInJava() {
        try (CompiledStep step = Small.step(block(NDArray::tanh), LOSS, 0.1)) {
            step.run(data, labels);
            NDList wrong = new NDList(manager.full(new Shape(3, 2), 7, DataType.INT64));
            assertFailsSaying(
                    TorchScriptException.class,
                    () -> step.run(data, wrong),
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
                CompiledStep.builder(block, LOSS).setOptimizer(new Halved()).build()) {
            assertFailsSaying(
                    CompileException.class,
                    () -> step.run(data, labels),
                    "cannot compile Halved: it uses mul of its parameters");
        }
    }
}
