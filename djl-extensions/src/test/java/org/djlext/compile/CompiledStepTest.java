/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Linear;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.optimizer.Sgd;
import ai.djl.training.tracker.Tracker;
import java.util.stream.Stream;
import org.djlext.nn.FunctionBlock;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Losses, shapes and scripts of compiled steps. */
class CompiledStepTest extends ArrayTest {

    private static final double TOLERANCE = 1e-9;

    private static Sgd.Builder sgd(Tracker rate) {
        return Optimizer.sgd().setLearningRateTracker(rate);
    }

    static Stream<Arguments> losses() {
        return Stream.of(
                Arguments.of(Loss.l1Loss(), false),
                Arguments.of(Loss.l2Loss(), false),
                Arguments.of(Loss.quantileL1Loss(0.3f), false),
                Arguments.of(Loss.sigmoidBinaryCrossEntropyLoss(), false),
                Arguments.of(Loss.hingeLoss(), false),
                Arguments.of(Loss.softmaxCrossEntropyLoss("ce", 0.5f, -1, true, true), true),
                Arguments.of(Loss.softmaxCrossEntropyLoss("dense", 1, -1, false, true), false));
    }

    @ParameterizedTest
    @MethodSource("losses")
    void lossesOfDjl(Loss loss, boolean classes) {
        NDArray labels =
                classes
                        ? manager.randomInteger(0, 3, new Shape(Twins.STEPS, 4), DataType.INT64)
                                .toType(DataType.FLOAT64, false)
                        : manager.randomUniform(
                                0, 1, new Shape(Twins.STEPS, 4, 3), DataType.FLOAT64);
        Shape batch = new Shape(4, 5);
        Twins twins = new Twins(manager, Small::mlp, loss, DataType.FLOAT64, batch);
        NDArray data = manager.randomNormal(new Shape(Twins.STEPS).addAll(batch), DataType.FLOAT64);
        twins.compare(new NDList(data), new NDList(labels), () -> Small.sgd(0.1), TOLERANCE);
    }

    private CompiledStep step(Block block, int maxScripts) {
        block.initialize(manager, DataType.FLOAT32, new Shape(4, 5));
        return CompiledStep.builder(block, Loss.softmaxCrossEntropyLoss())
                .setOptimizer(Small.sgd(0.1))
                .optMaxScripts(maxScripts)
                .build();
    }

    private void run(CompiledStep step, int steps, int batch) {
        NDArray data = manager.randomNormal(new Shape(steps, batch, 5));
        NDArray labels = manager.zeros(new Shape(steps, batch), DataType.INT64);
        step.run(new NDList(data), new NDList(labels));
    }

    @Test
    void eachShapeHasAScriptAndTheOldestIsDropped() {
        try (CompiledStep step = step(Small.mlp(), 2)) {
            run(step, 3, 4);
            run(step, 1, 4); // as many steps as it likes
            assertEquals(new CompiledStep.Counts(1, 1, 0), step.counts());
            run(step, 3, 2);
            run(step, 3, 4);
            assertEquals(new CompiledStep.Counts(2, 2, 0), step.counts());
            run(step, 3, 7); // in the place of 2
            run(step, 3, 4);
            assertEquals(new CompiledStep.Counts(3, 3, 1), step.counts());
            run(step, 3, 2);
            assertEquals(new CompiledStep.Counts(4, 3, 2), step.counts());
        }
    }

    @Test
    void frozenParametersStay() {
        Block block = Small.mlp();
        block.initialize(manager, DataType.FLOAT32, new Shape(4, 5));
        block.getChildren().valueAt(0).freezeParameters(true);
        NDArray frozen = Twins.parameter(block, 0).getArray().duplicate();
        NDArray trained = Twins.parameter(block, 2).getArray().duplicate();
        try (CompiledStep step = step(block, 1)) {
            run(step, 3, 4);
        }
        assertEquals(frozen, Twins.parameter(block, 0).getArray());
        assertTrue(!trained.equals(Twins.parameter(block, 2).getArray()));
    }

    @Test
    void freezingLaterIsAnError() {
        Block block = Small.mlp();
        try (CompiledStep step = step(block, 1)) {
            run(step, 3, 4);
            block.getChildren().valueAt(0).freezeParameters(true);
            assertThrows(IllegalStateException.class, () -> run(step, 3, 4));
        }
    }

    @Test
    void normIsClipped() {
        // The gradient of the sum is 2 for each of 3 biases and 15 weights, so its norm is
        // 2 sqrt(18); of length 1 each element is 1 / sqrt(18).
        Block block = Linear.builder().setUnits(3).build();
        block.initialize(manager, DataType.FLOAT64, new Shape(2, 5));
        NDArray before = Twins.parameter(block, 0).getArray().duplicate();
        try (CompiledStep step =
                CompiledStep.builder(block, Small.sum())
                        .setOptimizer(Small.sgd(1))
                        .optClipNorm(1)
                        .build()) {
            NDList data = new NDList(manager.ones(new Shape(1, 2, 5), DataType.FLOAT64));
            step.run(data, data);
        }
        NDArray moved = before.sub(Twins.parameter(block, 0).getArray());
        double expected = 1 / Math.sqrt(18);
        assertTrue(
                moved.allClose(moved.zerosLike().add(expected), 1e-6, 0, false), moved::toString);
    }

    @Test
    void optimizerGoesOnElsewhere() {
        Block block = Small.mlp();
        block.initialize(manager, DataType.FLOAT32, new Shape(4, 5));
        Tracker rate =
                Tracker.multiFactor()
                        .setSteps(new int[] {3, 100})
                        .setBaseValue(1f)
                        .optFactor(0.5f)
                        .build();
        Optimizer optimizer = sgd(rate).build();
        try (CompiledStep step =
                CompiledStep.builder(block, Loss.softmaxCrossEntropyLoss())
                        .setOptimizer(optimizer)
                        .build()) {
            run(step, 5, 4);
        }
        NDArray weight = Twins.parameter(block, 0).getArray();
        NDArray before = weight.duplicate();
        optimizer.update(Twins.parameter(block, 0).getId(), weight, weight.onesLike());
        // Five updates are counted, so that the rate has fallen.
        NDArray moved = before.sub(weight);
        assertTrue(moved.allClose(moved.onesLike().mul(0.5), 1e-5, 0, false), moved::toString);
    }

    /** w x, or two cumulative sums of it, which the engine differentiates. */
    private static Block scale(Parameter w, boolean recorded) {
        return FunctionBlock.builder("scale")
                .addParameter(w, in -> new Shape(2))
                .setComputation(
                        (in, training) -> {
                            NDArray y = in.get(0).mul(in.get(1));
                            return new NDList(recorded ? y.cumSum(0).cumSum(0) : y);
                        })
                .build();
    }

    /** NDArray.set and copyTo give an array other memory. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void parametersThatAreSetBetweenStepsAreSeen(boolean recorded) {
        Parameter w = Parameter.builder().setName("w").setType(Parameter.Type.WEIGHT).build();
        w.setArray(manager.create(new float[] {1, 2}));
        try (CompiledStep step = Small.step(scale(w, recorded), Small.sum(), 1)) {
            NDList data = new NDList(manager.ones(new Shape(1, 2)));
            NDList labels = new NDList(manager.ones(new Shape(1, 1)));
            // The sum of (a, 2 a + b) is 3 a + b.
            assertEquals(recorded ? 5 : 3, step.run(data, labels, new double[] {0})[0], 1e-6);
            w.getArray().set(new float[] {10, 20});
            assertEquals(recorded ? 50 : 30, step.run(data, labels)[0], 1e-6);
            assertArrayEquals(
                    recorded ? new float[] {7, 19} : new float[] {9, 19},
                    w.getArray().toFloatArray());
        }
    }

    /** tanh(x) / x is 1 for small x, to the last digit of float32. */
    @Test
    void smallNumbersKeepTheirDigits() {
        Block block = Small.block(new Shape(1), (x, w) -> x.mul(w.add(1)).tanh().div(x));
        block.initialize(manager, DataType.FLOAT32, new Shape(1));
        NDList data = new NDList(manager.create(new float[] {1e-6f}, new Shape(1, 1)));
        try (CompiledStep step = Small.step(block, Small.sum(), 0)) {
            assertEquals(1, step.run(data, data)[0], 1e-6);
        }
    }

    @Test
    void wrongOrder() {
        Block block = Small.mlp();
        assertThrows(IllegalStateException.class, () -> Small.step(block, Loss.l2Loss(), 1));
        try (CompiledStep step = step(Small.mlp(), 1)) {
            assertThrows(IllegalStateException.class, step::script);
            NDArray data = manager.ones(new Shape(3, 4, 5));
            NDArray labels = manager.ones(new Shape(2, 4), DataType.INT64);
            assertThrows(
                    IllegalArgumentException.class,
                    () -> step.run(new NDList(data), new NDList(labels)));
        }
    }
}
