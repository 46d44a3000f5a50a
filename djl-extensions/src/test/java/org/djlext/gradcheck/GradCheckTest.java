/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.Dropout;
import ai.djl.training.GradientCollector;
import ai.djl.training.loss.Loss;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.djlext.autograd.Autograd;
import org.djlext.autograd.AutogradFunction;
import org.djlext.internal.NativeHooks;
import org.djlext.nn.BatchNorm;
import org.djlext.nn.BatchNormFunction;
import org.djlext.nn.CrossEntropyLoss;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is right passes, in both modes, and nothing of the caller's changes. */
class GradCheckTest extends SeededTest {

    private static GradCheck mode(boolean fast) {
        return GradCheck.builder().optFast(fast).build();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void functionsPassAllChecks(boolean fast) {
        NDArray[] ab = {leaf(3, 4), leaf(3, 4)};
        GradCheckReport report = mode(fast).check(Rules.product(Rules::productRule), ab);
        report.assertPassed();
        Set<Check> all = EnumSet.allOf(Check.class);
        all.remove(Check.UNDEFINED_UPSTREAM); // there is one output
        all.remove(Check.FORWARD_MODE); // which is checked if one asks for it
        assertEquals(List.copyOf(all), report.passed());
        assertEquals(List.of(), report.warnings());
        mode(fast).check(Rules.square(Rules::squareRule), leaf(3, 5)).assertPassed();
        mode(fast)
                .check(Rules.linear(Rules::linearRule), leaf(5, 3), leaf(4, 3), leaf(4))
                .assertPassed();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void blocksWithTheirParameters(boolean fast) {
        Shape shape = new Shape(5, 3);
        Block linear = initialized(Linear.builder().setUnits(4).build(), shape);
        mode(fast).check(linear, new NDList(leaf(5, 3))).assertPassed();
        Block norm = initialized(BatchNorm.builder().build(), shape);
        mode(fast).check(norm, new NDList(leaf(5, 3))).assertPassed();
        Block chain =
                new SequentialBlock()
                        .add(Linear.builder().setUnits(4).build())
                        .add(BatchNorm.builder().optCorrection(0).build())
                        .add(Activation::tanh)
                        .add(Linear.builder().setUnits(2).optBias(false).build());
        mode(fast).check(initialized(chain, shape), new NDList(leaf(5, 3))).assertPassed();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void losses(boolean fast) {
        NDList labels = new NDList(manager.create(new long[] {2, 0, 1}));
        NDList target = new NDList(manager.randomNormal(new Shape(3, 4), DataType.FLOAT64));
        mode(fast).check(Loss.l2Loss(), target, new NDList(leaf(3, 4))).assertPassed();
        mode(fast).check(new CrossEntropyLoss(), labels, new NDList(leaf(3, 4))).assertPassed();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void plainFunctionsOfTheEngineWithSeveralOutputs(boolean fast) {
        GradCheckReport report =
                mode(fast)
                        .check(
                                in ->
                                        new NDList(
                                                in.get(0).matMul(in.get(1)),
                                                in.get(0).tanh(),
                                                in.get(0).argMax(1)),
                                new NDList(leaf(2, 3), leaf(3, 4)));
        report.assertPassed();
        assertTrue(report.passed().contains(Check.UNDEFINED_UPSTREAM));
    }

    @Test
    void scalarsAndEmptyArrays() {
        AutogradFunction square = Rules.square(Rules::squareRule);
        for (Shape shape : List.of(new Shape(), new Shape(1), new Shape(0), new Shape(3, 0))) {
            NDArray x = manager.ones(shape, DataType.FLOAT64).mul(1.5);
            x.setRequiresGradient(true);
            boolean empty = shape.size() == 0;
            for (boolean fast : new boolean[] {false, true}) {
                GradCheckReport report = mode(fast).check(square, x);
                assertTrue(report.isPassed(), report::toString);
                assertEquals(!empty, report.passed().contains(Check.JACOBIAN));
                assertEquals(!empty, report.toString().startsWith("Rule: gradients are right ("));
                assertEquals(List.of(), report.warnings());
                GradCheckReport.NotChecked jacobian =
                        new GradCheckReport.NotChecked(
                                "jacobian",
                                "the inputs that require a gradient or the outputs have no"
                                        + " elements");
                assertEquals(empty, report.notChecked().contains(jacobian));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void float32ByRequestAndWithAWarning(boolean fast) {
        NDArray x = manager.randomNormal(new Shape(6, 4));
        NDArray gamma = manager.randomNormal(1, 0.3f, new Shape(4), DataType.FLOAT32);
        x.setRequiresGradient(true);
        gamma.setRequiresGradient(true);
        NDArray beta = manager.zeros(new Shape(4));
        AutogradFunction function = new BatchNormFunction(1e-5, 1);
        GradCheck rough = GradCheck.builder().optFloat32(true).optFast(fast).build();
        GradCheckReport report = rough.check(function, x, gamma, beta);
        report.assertPassed();
        assertEquals(5e-3, report.settings().eps());
        assertEquals(
                "input 0 (x) has type float32, whose differences are so rough that only gross"
                        + " mistakes show",
                report.warnings().get(0));
        GradCheckReport wrong =
                rough.check(Rules.square((dy, s) -> new NDList(dy.mul(s.get(0)))), x);
        assertTrue(wrong.toString().contains("analytical is 0.5 times numerical"), wrong::toString);
    }

    @Test
    void callersArraysAndTheirGradientsStay() {
        NDArray x = leaf(4, 3);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            collector.backward(x.mul(x).sum());
        }
        double[] values = x.toDoubleArray();
        double[] stored = x.getGradient().toDoubleArray();
        BatchNorm block = initialized(BatchNorm.builder().build(), x.getShape());
        List<double[]> parameters =
                block.getParameters().values().stream()
                        .map(p -> p.getArray().toDoubleArray())
                        .toList();
        int nodes = NativeHooks.liveNodes();
        int arrays = manager.getManagedArrays().size();
        boolean recording = Autograd.isRecording();

        new GradCheck().check(block, new NDList(x)).assertPassed();
        new GradCheck().gradGradCheck(Rules.square(Rules::squareRule), x).assertPassed();

        assertEquals(recording, Autograd.isRecording());
        assertEquals(nodes, NativeHooks.liveNodes());
        assertEquals(arrays, manager.getManagedArrays().size());
        assertArrayEquals(values, x.toDoubleArray());
        assertArrayEquals(stored, x.getGradient().toDoubleArray());
        for (int i = 0; i < parameters.size(); i++) {
            Parameter parameter = block.getParameters().valueAt(i);
            assertArrayEquals(parameters.get(i), parameter.getArray().toDoubleArray());
        }
    }

    @Test
    void inputsThatCannotBeChecked() {
        GradCheck check = new GradCheck();
        AutogradFunction square = Rules.square(Rules::squareRule);
        NDArray x = manager.ones(new Shape(2), DataType.FLOAT64);
        GradCheckReport none = check.check(square, x);
        assertEquals(
                "Rule: gradients were NOT COMPARED (slow mode, float64, eps 1.0E-6, rtol 0.001,"
                        + " atol 1.0E-5, seed 0)\n"
                        + "  failed inputs: none of the inputs requires a gradient (there are 1); call"
                        + " setRequiresGradient(true) on those to check\n"
                        + "  not checked forward, inputs unmodified, outputs finite, forward"
                        + " repeatable, backward, gradient form, gradients finite, backward repeatable,"
                        + " zero upstream, linear upstream, undefined upstream, single inputs, layout,"
                        + " later calls, outputs stable, jacobian: inputs failed first",
                none.toString());
        NDArray single = manager.ones(new Shape(2));
        single.setRequiresGradient(true);
        GradCheckReport.Failure failure = check.check(square, single).failures().get(0);
        assertEquals(Check.INPUTS, failure.check());
        assertEquals(0, failure.input());
        assertEquals(
                "input 0 (x) has type float32, but central differences need float64; convert it"
                        + " with toType(DataType.FLOAT64, false), or accept a rough check with"
                        + " optFloat32(true)",
                failure.message());
        NDArray half = manager.ones(new Shape(2)).toType(DataType.FLOAT16, false);
        half.setRequiresGradient(true);
        assertEquals(
                "input 0 (x) has type float16, but central differences need float64",
                check.check(square, half).failures().get(0).message());
        assertEquals(Check.INPUTS, check.gradGradCheck(square, single).failures().get(0).check());
        assertRefused(
                "a block must be initialized before it is checked, but parameter gamma is not; call"
                        + " block.initialize(manager, DataType.FLOAT64, inputShape)",
                () -> check.check(BatchNorm.builder().build(), new NDList(x)));
    }

    @Test
    void optionsAreChecked() {
        GradCheck.Builder builder = GradCheck.builder();
        assertThrows(IllegalArgumentException.class, () -> builder.optEps(0));
        assertThrows(IllegalArgumentException.class, () -> builder.optEps(Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> builder.optNondetTol(-1));
    }

    @Test
    void slowModeHasALimitAndFastModeHasNone() {
        NDArray x = leaf(100, 100);
        AutogradFunction square = Rules.square(Rules::squareRule);
        assertRefused(
                "slow mode compares every entry of the Jacobian, at most 67108864, but Rule has"
                        + " 100000000 here; use smaller inputs, a sum as output, or fast mode",
                () -> new GradCheck().check(square, x));
        mode(true).check(square, x).assertPassed();
    }

    @Test
    void costOfFastModeDoesNotDependOnTheSize() {
        AtomicInteger calls = new AtomicInteger();
        AutogradFunction counted =
                Rules.of(
                        (ctx, in) -> {
                            calls.incrementAndGet();
                            ctx.saveForBackward(in.get(0));
                            return new NDList(in.get(0).square());
                        },
                        (ctx, dy) -> {
                            calls.incrementAndGet();
                            return Rules.squareRule(dy.get(0), ctx.savedTensors());
                        });
        List<Integer> counts = new ArrayList<>();
        for (int size : new int[] {1, 100, 10_000}) {
            calls.set(0);
            mode(true).check(counted, leaf(size)).assertPassed();
            counts.add(calls.get());
        }
        assertEquals(List.of(18, 18, 18), counts);
        calls.set(0);
        mode(false).check(counted, leaf(100)).assertPassed();
        // Two forward an element of the input in place of two, two backward one of the output.
        assertEquals(18 + 2 * 99 + 2 * 99, calls.get());
    }

    @Test
    void randomFunctionsAreToldToSeed() {
        Block dropout = Dropout.builder().optRate(0.5f).build();
        GradCheckReport report = new GradCheck().check(dropout, new NDList(leaf(4, 6)));
        assertFalse(report.isPassed());
        assertEquals(Check.FORWARD_REPEATABLE, report.failures().get(0).check());
        assertEquals(
                "a second call on the same inputs gives another output 0; if it draws random"
                        + " numbers, seed them in each call",
                report.failures().get(0).message());
        new GradCheck()
                .check(
                        in -> {
                            Engine.getInstance().setRandomSeed(5);
                            return new NDList(
                                    in.get(0)
                                            .mul(
                                                    in.get(0)
                                                            .getManager()
                                                            .randomNormal(
                                                                    0,
                                                                    1,
                                                                    in.get(0).getShape(),
                                                                    DataType.FLOAT64)));
                        },
                        new NDList(leaf(4, 6)))
                .assertPassed();
    }
}
