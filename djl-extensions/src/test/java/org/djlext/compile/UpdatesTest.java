/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.optimizer.Sgd;
import ai.djl.training.tracker.Tracker;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.djlext.nn.BatchNorm;
import org.djlext.optim.TorchAdamW;
import org.djlext.optim.TorchSgd;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Optimizers in compiled steps, rates of the caller, and losses that are not finite. */
class UpdatesTest extends ArrayTest {

    // Adam's numbers are float in DJL, also for float64 parameters.
    static Stream<Arguments> optimizers() {
        return Stream.of(
                optimizer("DJL's sgd", 1e-9, () -> djlSgd().build()),
                optimizer(
                        "DJL's sgd with momentum, decay and clipping",
                        1e-9,
                        () ->
                                djlSgd().optMomentum(0.9f)
                                        .optWeightDecays(0.01f)
                                        .optClipGrad(0.05f)
                                        .setRescaleGrad(0.7f)
                                        .build()),
                optimizer(
                        "DJL's adam",
                        1e-9,
                        () ->
                                Optimizer.adam()
                                        .optLearningRateTracker(Small.falling(0.25))
                                        .optWeightDecays(0.01f)
                                        .build()),
                optimizer(
                        "DJL's adamW",
                        1e-9,
                        () ->
                                Optimizer.adamW()
                                        .optLearningRateTracker(Small.falling(0.25))
                                        .optWeightDecays(0.1f)
                                        .build()),
                optimizer("sgd", 1e-12, () -> sgd().build()),
                optimizer("sgd with decay", 1e-12, () -> sgd().optWeightDecay(0.1).build()),
                optimizer(
                        "sgd with momentum",
                        1e-12,
                        () -> sgd().optMomentum(0.9).optWeightDecay(0.1).build()),
                optimizer(
                        "sgd, rescaled and clipped",
                        1e-12,
                        () -> sgd().setRescaleGrad(0.5f).optClipGrad(0.05f).build()),
                optimizer(
                        "adamW", 1e-12, () -> TorchAdamW.builder().optLearningRate(0.05).build()));
    }

    private static Arguments optimizer(
            String name, double tolerance, Supplier<Optimizer> optimizer) {
        return Arguments.of(name, tolerance, optimizer);
    }

    // DJL's tracker remembers how far it has got, so each optimizer has one of its own.
    private static Sgd.Builder djlSgd() {
        return Optimizer.sgd().setLearningRateTracker(Small.falling(0.25));
    }

    private static TorchSgd.Builder sgd() {
        return TorchSgd.builder().optLearningRateTracker((id, update) -> 0.5f / update);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("optimizers")
    void sameAsOneByOne(String name, double tolerance, Supplier<Optimizer> optimizer) {
        compare(Small::mlp, optimizer, tolerance);
    }

    private static String compare(
            Supplier<Block> block, Supplier<Optimizer> optimizer, double tolerance) {
        Loss loss = Loss.softmaxCrossEntropyLoss();
        return Twins.compare(block, loss, DataType.FLOAT64, new Shape(4, 5), optimizer, tolerance);
    }

    private static String normalized(BatchNorm.Builder norm) {
        return compare(
                () ->
                        new SequentialBlock()
                                .add(norm.build())
                                .add(Linear.builder().setUnits(3).build()),
                () -> sgd().build(),
                1e-12);
    }

    /** Bessel's correction is a factor of gamma's gradient; it costs plain descent no line. */
    @Test
    void aFactorOfAGradientGoesIntoTheRate() {
        String script = normalized(BatchNorm.builder().optCorrection(1));
        assertTrue(script.contains("alpha=-lr * 0.86602540378443"), script); // sqrt(3 / 4)
        assertFalse(script.contains("torch.contiguous"), script);
    }

    /** Mean and variance by the kernel that computes them, a deviation by a line of its own. */
    @ParameterizedTest
    @EnumSource(BatchNorm.Running.class)
    void runningStatisticsMoveInPlace(BatchNorm.Running running) {
        String script = normalized(BatchNorm.builder().optRunning(running));
        boolean byKernel = running == BatchNorm.Running.VARIANCE;
        assertEquals(byKernel, script.contains("q0, q1, True, 0.1, "), script);
        assertEquals(!byKernel, script.contains("torch.lerp_(q0, "), script);
        assertFalse(script.contains("torch.copy_("), script);
    }

    private NDList data(DataType type) {
        return new NDList(manager.randomNormal(new Shape(Twins.STEPS, 4, 5), type));
    }

    private NDList labels() {
        Shape shape = new Shape(Twins.STEPS, 4);
        return new NDList(manager.randomInteger(0, 3, shape, DataType.INT64));
    }

    private Block block(DataType type) {
        Block block = Small.mlp();
        block.initialize(manager, type, new Shape(4, 5));
        return block;
    }

    private static CompiledStep.Builder step(Block block, Optimizer optimizer) {
        return CompiledStep.builder(block, Loss.softmaxCrossEntropyLoss()).setOptimizer(optimizer);
    }

    private static List<NDArray> copies(Block block) {
        List<NDArray> copies = new ArrayList<>();
        for (Parameter parameter : block.getParameters().values()) {
            copies.add(parameter.getArray().stopGradient().duplicate());
        }
        return copies;
    }

    private static void setTo(Block block, List<NDArray> values) {
        for (int i = 0; i < values.size(); i++) {
            NDArray array = Twins.parameter(block, i).getArray().stopGradient();
            array.subi(array).addi(values.get(i));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"FLOAT32", "FLOAT64"})
    void weightsDecayAndBiasesDoNot(DataType type) {
        // Without an input the gradient of a weight is 0, and AdamW moves it by the decay alone.
        Block block = block(type);
        List<NDArray> before = copies(block);
        try (TorchAdamW adamW =
                        TorchAdamW.builder()
                                .optLearningRate(0.5)
                                .optWeightDecay(0.2)
                                .optDecay(
                                        block.getParameters(),
                                        (name, p) -> p.getType() == Parameter.Type.WEIGHT)
                                .build();
                CompiledStep step =
                        CompiledStep.builder(block, Small.loss((y, out) -> out.head().mul(0).sum()))
                                .setOptimizer(adamW)
                                .build()) {
            step.run(data(type), labels());
            double factor = Math.pow(1 - 0.5 * 0.2, Twins.STEPS);
            List<NDArray> after = copies(block);
            for (int i = 0; i < after.size(); i++) {
                Parameter parameter = Twins.parameter(block, i);
                NDArray expected =
                        before.get(i)
                                .mul(parameter.getType() == Parameter.Type.WEIGHT ? factor : 1);
                assertTrue(after.get(i).allClose(expected, 1e-5, 1e-7, false), parameter::getName);
            }
            Map<String, NDArray> state = adamW.state(block.getParameters().toMap());
            state.forEach(
                    (name, array) -> {
                        if (name.endsWith(".step")) {
                            assertEquals(Twins.STEPS, array.getFloat(), name);
                        }
                    });
        }
    }

    static Stream<Arguments> givenRates() {
        Tracker wrong = Tracker.fixed(7f);
        return Stream.of(
                rates(
                        () -> Optimizer.sgd().setLearningRateTracker(wrong).build(),
                        () -> djlSgd().build()),
                rates(
                        () -> Optimizer.adam().optLearningRateTracker(wrong).build(),
                        () -> Optimizer.adam().optLearningRateTracker(Small.falling(0.25)).build()),
                rates(
                        () -> TorchAdamW.builder().optLearningRate(7).build(),
                        () ->
                                TorchAdamW.builder()
                                        .optLearningRateTracker((id, t) -> 0.25f / t)
                                        .build()));
    }

    private static Arguments rates(Supplier<Optimizer> other, Supplier<Optimizer> tracked) {
        return Arguments.of(other, tracked);
    }

    /** What a tracker says may as well be said in the call. */
    @ParameterizedTest
    @MethodSource("givenRates")
    void ratesOfTheCaller(Supplier<Optimizer> other, Supplier<Optimizer> tracked) {
        Block block = block(DataType.FLOAT32);
        List<NDArray> initial = copies(block);
        NDList data = data(DataType.FLOAT32);
        NDList labels = labels();
        double[] expected;
        try (CompiledStep step = step(block, tracked.get()).build()) {
            expected = step.run(data, labels);
        }
        List<NDArray> trained = copies(block);
        double[] rates = new double[Twins.STEPS];
        boolean isOurs = tracked.get() instanceof TorchAdamW;
        for (int i = 0; i < rates.length; i++) {
            rates[i] = isOurs ? 0.25f / (i + 1) : i >= 4 ? 0.0625 : i >= 2 ? 0.125 : 0.25;
        }
        setTo(block, initial);
        try (CompiledStep step = step(block, other.get()).build()) {
            assertArrayEquals(expected, step.run(data, labels, rates), 1e-6);
            assertThrows(
                    IllegalArgumentException.class, () -> step.run(data, labels, new double[2]));
        }
        for (int i = 0; i < trained.size(); i++) {
            NDArray now = Twins.parameter(block, i).getArray().stopGradient();
            assertTrue(trained.get(i).allClose(now, 1e-5, 1e-6, false));
        }
    }

    /** What Adam multiplies a rate by is told by its own, and 0 tells nothing. */
    @Test
    void rateForAnAdamWhoseOwnIsZero() {
        Optimizer adam = Optimizer.adam().optLearningRateTracker(Tracker.fixed(0)).build();
        double[] rates = new double[Twins.STEPS];
        try (CompiledStep step = step(block(DataType.FLOAT32), adam).build()) {
            assertFailsSaying(
                    CompileException.class,
                    () -> step.run(data(DataType.FLOAT32), labels(), rates),
                    "cannot compile Adam: how it corrects a rate");
        }
    }

    static Stream<Arguments> stopping() {
        return Stream.of(
                Arguments.of(sgd().build(), 0),
                Arguments.of(sgd().build(), 1),
                Arguments.of(TorchAdamW.builder().build(), 0),
                Arguments.of(TorchAdamW.builder().build(), 1),
                Arguments.of(
                        Optimizer.adam().optLearningRateTracker(Tracker.fixed(0.1f)).build(), 1));
    }

    /** The parameters are those after the last step whose loss was a number. */
    @ParameterizedTest
    @MethodSource("stopping")
    void lossThatIsNotFiniteStopsTheRun(Optimizer optimizer, double clip) {
        Block block = block(DataType.FLOAT32);
        NDList data = data(DataType.FLOAT32);
        NDList labels = labels();
        CompiledStep.Builder builder = step(block, optimizer);
        try (CompiledStep step = (clip == 0 ? builder : builder.optClipNorm(clip)).build()) {
            List<NDArray> initial = copies(block);
            step.run(first(data, 2), first(labels, 2));
            List<NDArray> afterTwo = copies(block);
            assertTrue(!initial.equals(afterTwo));
            data.head().set(new NDIndex("1, 0, 0"), Float.NaN);
            double[] losses = step.run(first(data, 3), first(labels, 3));
            assertEquals(2, losses.length, Arrays.toString(losses));
            assertTrue(Double.isFinite(losses[0]) && !Double.isFinite(losses[1]));
            List<NDArray> stopped = copies(block);
            assertTrue(!afterTwo.equals(stopped), "the first step is done");
            stopped.forEach(array -> assertTrue(!array.isNaN().any().getBoolean()));
            // A step that stops at once leaves all as it is.
            NDArray bad = data.head().get("1:3");
            assertEquals(1, step.run(new NDList(bad), first(labels, 2)).length);
            assertEquals(stopped, copies(block));
        }
    }

    private static NDList first(NDList arrays, int steps) {
        return new NDList(arrays.head().get(":" + steps));
    }
}
