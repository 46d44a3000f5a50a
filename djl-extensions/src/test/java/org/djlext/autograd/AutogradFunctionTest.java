/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.djlext.gradcheck.GradCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A custom function in the engine's graph: it runs in the middle of it, nested, in a row, or
 * unrecorded, and takes inputs of any shape, type and layout.
 */
class AutogradFunctionTest extends GraphTestBase {

    @Test
    void aWrongRuleIsWhatRuns() {
        NDArray x = random(DataType.FLOAT32, 3, 5);
        AutogradFunction wrong = TestFunctions.wrongBySeven();
        NDArray dx = gradient(x, v -> wrong.apply(v).sum());
        for (float value : dx.toFloatArray()) {
            assertEquals(7f, value);
        }
    }

    private static Arguments of(
            String name,
            Function<NDArray, NDArray> custom,
            Function<NDArray, NDArray> plain,
            long... shape) {
        return Arguments.of(name, custom, plain, shape);
    }

    static Stream<Arguments> functions() {
        AutogradFunction square = TestFunctions.square();
        AutogradFunction product = TestFunctions.product();
        AutogradFunction cube =
                TestFunctions.of(
                        x -> square.apply(x).mul(x), (x, dy) -> dy.mul(square.apply(x)).mul(3));
        Shape rows = new Shape(6, 3);
        AutogradFunction expand =
                TestFunctions.linear(x -> x.broadcast(rows), dy -> dy.sum(new int[] {0}, true));
        AutogradFunction sum = TestFunctions.of(x -> x.square().sum(), (x, dy) -> x.mul(2).mul(dy));
        Stream<Arguments> places =
                Stream.of(
                        of(
                                "in the middle of the engine's graph",
                                x -> square.apply(x.tanh()).sin(),
                                x -> x.tanh().square().sin(),
                                4,
                                3),
                        of("inside another", cube::apply, x -> x.mul(x).mul(x), 3, 2),
                        of(
                                "of an input that lies transposed",
                                x -> square.apply(x.transpose()).mul(3),
                                x -> x.square().mul(3),
                                4,
                                3),
                        of(
                                "with one row of memory for all rows",
                                x -> expand.apply(x).square(),
                                x -> x.broadcast(rows).square(),
                                1,
                                3),
                        of(
                                "of an input that is used elsewhere too",
                                x -> x.add(square.apply(x)).mul(x),
                                x -> x.add(x.square()).mul(x),
                                2,
                                3),
                        of("of one array twice", x -> product.apply(x, x), x -> x.mul(x), 2, 3),
                        of(
                                "of a scalar output",
                                x -> sum.apply(x).exp(),
                                x -> x.square().sum().exp(),
                                4,
                                3));
        Stream<Arguments> shapes =
                Stream.of(new long[][] {{}, {1}, {5}, {1, 1}, {2, 3, 4, 5}, {0}, {3, 0, 2}})
                        .map(
                                shape ->
                                        of(
                                                "of shape " + new Shape(shape),
                                                x -> square.apply(x).mul(3),
                                                x -> x.mul(x).mul(3),
                                                shape));
        return Stream.concat(places, shapes);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("functions")
    void hasTheEnginesGradient(
            String name,
            Function<NDArray, NDArray> custom,
            Function<NDArray, NDArray> plain,
            long[] shape) {
        assertSameGradient(random(shape), x -> custom.apply(x).sum(), x -> plain.apply(x).sum());
    }

    @Test
    void manyInARow() {
        AutogradFunction addHalf = TestFunctions.linear(x -> x.add(0.5f), dy -> dy.mul(1.001f));
        NDArray x = random(3);
        NDArray dx =
                gradient(
                        x,
                        v -> {
                            NDArray y = v;
                            for (int i = 0; i < 1000; i++) {
                                y = addHalf.apply(y);
                            }
                            return y.sum();
                        });
        for (double value : dx.toDoubleArray()) {
            assertEquals(Math.pow(1.001f, 1000), value, 1e-6);
        }
    }

    @Test
    void withoutRecordingItIsForwardAlone() {
        NDArray x = random(DataType.FLOAT32, 3);
        AutogradFunction f =
                TestFunctions.of(
                        (ctx, in) -> {
                            assertFalse(ctx.needsInputGrad(0));
                            return new NDList(in.get(0));
                        },
                        (ctx, dy) -> dy);
        try (Autograd.Scope scope = Autograd.noGrad()) {
            assertEquals(x, f.apply(x));
        }
        try (GradientCollector collector = Engine.getInstance().newGradientCollector();
                Autograd.Scope scope = Autograd.noGrad()) {
            assertFalse(Autograd.isRecording());
            assertEquals(x, f.apply(x));
        }
    }

    @Test
    void retainGradOnInputsOutputsAndBetween() {
        NDArray x = random(2, 2);
        NDArray h = Autograd.retainGrad(x.mul(3));
        NDArray y = Autograd.retainGrad(TestFunctions.square().apply(h));
        backward(y.mul(5).sum());
        assertValues(Autograd.gradient(y), 5, 5, 5, 5);
        assertArrayEquals(h.mul(10).toDoubleArray(), Autograd.gradient(h).toDoubleArray(), 1e-12);
        assertArrayEquals(h.mul(30).toDoubleArray(), Autograd.gradient(x).toDoubleArray(), 1e-12);
    }

    @Test
    void inputsOfOtherTypesAndWithoutGradient() {
        List<Boolean> needs = new ArrayList<>();
        // Picks rows of a table: the indices are integers, the scale needs no gradient.
        AutogradFunction pick =
                TestFunctions.of(
                        (ctx, in) -> {
                            needs.add(ctx.needsInputGrad(0));
                            needs.add(ctx.needsInputGrad(1));
                            needs.add(ctx.needsInputGrad(2));
                            ctx.saveForBackward(in.get(1), in.get(2));
                            ctx.setAttribute("rows", in.get(0).getShape().get(0));
                            return new NDList(
                                    in.get(0)
                                            .get(new NDIndex().addPickDim(in.get(1)))
                                            .mul(in.get(2)));
                        },
                        (ctx, dy) -> {
                            NDList s = ctx.savedTensors();
                            long rows = ctx.getAttribute("rows", Long.class);
                            NDArray oneHot = s.get(0).oneHot((int) rows, DataType.FLOAT64);
                            NDArray scaled = dy.get(0).mul(s.get(1));
                            return new NDList(
                                    oneHot.transpose().matMul(scaled.reshape(-1, 1)).squeeze(1),
                                    null,
                                    null);
                        });
        NDArray indices = manager.create(new long[] {1, 0, 1});
        NDArray scale = manager.create(new double[] {2, 3, 5});
        assertSameGradient(
                random(4),
                x -> pick.apply(x, indices, scale).sum(),
                x -> x.get(indices).mul(scale).sum());
        assertEquals(List.of(true, false, false), needs);
    }

    @Test
    void inputsAndOutputOfThreeFloatingTypesSmallAndLarge() {
        // y = a + sum(b), in float16, with a rule that gives 3 and 5 times what it should.
        AutogradFunction sum =
                TestFunctions.of(
                        (ctx, in) -> {
                            ctx.setAttribute("b", in.get(1).getShape());
                            return new NDList(
                                    in.get(0)
                                            .toType(DataType.FLOAT32, false)
                                            .add(in.get(1).sum())
                                            .toType(DataType.FLOAT16, false));
                        },
                        (ctx, dy) -> {
                            NDArray d = dy.get(0);
                            NDArray ones =
                                    d.getManager()
                                            .ones(
                                                    ctx.getAttribute("b", Shape.class),
                                                    DataType.FLOAT32);
                            return new NDList(
                                    d.toType(DataType.FLOAT64, false).mul(3),
                                    ones.mul(d.toType(DataType.FLOAT32, false).sum()).mul(5));
                        });
        for (int rows : new int[] {2, 2000}) {
            NDArray a = random(3);
            NDArray b = manager.zeros(new Shape(rows, 50), DataType.FLOAT32);
            b.setRequiresGradient(true);
            a.setRequiresGradient(true);
            NDArray y = sum.apply(a, b);
            assertEquals(DataType.FLOAT16, y.getDataType());
            backward(y.sum());
            assertEquals(manager.full(new Shape(3), 3, DataType.FLOAT64), a.getGradient());
            assertEquals(b.stopGradient().add(15), b.getGradient());
        }
    }

    @Test
    void largeInputThatIsNotANumberStaysSo() {
        // A large input is added up; the sum must not get anywhere.
        NDArray x = manager.full(new Shape(300, 200), Float.POSITIVE_INFINITY);
        x.set(new NDIndex("0"), Float.NEGATIVE_INFINITY);
        x.setRequiresGradient(true);
        AutogradFunction sign = TestFunctions.linear(v -> v.sign(), dy -> dy.mul(2));
        NDArray y = sign.apply(x);
        assertEquals(x.sign().stopGradient(), y.stopGradient());
        backward(y.sum());
        assertEquals(manager.full(new Shape(300, 200), 2f), x.getGradient());
    }

    @Test
    void inputsWithoutGradientAreNotLinked() {
        NDArray x = manager.ones(new Shape(3));
        assertTrue(Autograd.isRecording());
        NDArray y = TestFunctions.square().apply(x);
        assertFalse(Autograd.requiresGrad(y));
    }

    @Test
    void ofTwoLambdas() {
        AutogradFunction square =
                AutogradFunction.of("square", x -> x.mul(x), (x, dy) -> dy.mul(x.mul(2)));
        NDArray x = leaf(-1.5, 0, 2);
        assertValues(grad(square.apply(x), x), -3, 0, 4);
        GradCheck.builder().build().gradGradCheck(square, x).assertPassed();
        assertEquals("square", square.toString());
        AutogradFunction wrong = AutogradFunction.of("wrong", v -> v.mul(v), (v, dy) -> dy.sum());
        NDArray y = wrong.apply(x);
        assertFailsSaying(
                EngineException.class,
                () -> grad(y, x),
                "wrong.backward: the gradient of input 0 (x)");
    }

    @Test
    void viewOfAnIntermediateKeepsItsGradientWhenItIsChangedWithoutRecording() {
        AutogradFunction f =
                TestFunctions.linear(x -> x.mul(3).transpose(), dy -> dy.mul(3).transpose());
        NDArray weights = manager.randomNormal(new Shape(4, 2), DataType.FLOAT64);
        assertSameGradient(
                random(2, 4),
                x -> doubled(f.apply(x)).mul(weights),
                x -> doubled(x.mul(3).transpose()).mul(weights));
    }

    private static NDArray doubled(NDArray array) {
        try (Autograd.Scope scope = Autograd.noGrad()) {
            return array.muli(2);
        }
    }
}
