/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.djlext.gradcheck.GradCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A custom function in the engine's graph; {@link AutogradFuzzTest} composes more of them. */
class AutogradFunctionTest extends GraphTestBase {

    @Test
    void aWrongRuleIsWhatRuns() {
        NDArray x = leaf(1, 2);
        assertValues(grad(TestFunctions.linear(v -> v, dy -> dy.mul(7)).apply(x), x), 7, 7);
    }

    static Stream<Shape> shapes() {
        long[][] sizes = {{}, {1}, {5}, {1, 1}, {2, 3, 4, 5}, {0}, {3, 0, 2}};
        return Stream.of(sizes).map(Shape::new);
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void inputsOfAnyShape(Shape shape) {
        assertSameGradient(
                randomLeaf(shape.getShape()),
                x -> square(x).mul(3).sum(),
                x -> x.mul(x).mul(3).sum());
    }

    @Test
    void outputsOfOneNumberAndOfOneRowOfMemoryForAllRows() {
        AutogradFunction sum = TestFunctions.of(x -> x.square().sum(), (x, dy) -> x.mul(2).mul(dy));
        assertSameGradient(randomLeaf(4, 3), x -> sum.apply(x).exp(), x -> x.square().sum().exp());
        Shape rows = new Shape(6, 3);
        AutogradFunction expand =
                TestFunctions.linear(x -> x.broadcast(rows), dy -> dy.sum(new int[] {0}, true));
        assertSameGradient(
                randomLeaf(1, 3),
                x -> expand.apply(x).square().sum(),
                x -> x.broadcast(rows).square().sum());
    }

    @Test
    void manyInARow() {
        AutogradFunction addHalf = TestFunctions.linear(x -> x.add(0.5f), dy -> dy.mul(1.001f));
        NDArray x = leaf(3);
        NDArray y = x;
        for (int i = 0; i < 1000; i++) {
            y = addHalf.apply(y);
        }
        assertEquals(Math.pow(1.001f, 1000), grad(y, x).getDouble(0), 1e-6);
    }

    @Test
    void withoutRecordingItIsForwardAlone() {
        NDArray x = randomLeaf(3);
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
    void inputsOfOtherTypesAndWithoutGradient() {
        List<Boolean> needs = new ArrayList<>();
        AutogradFunction first =
                TestFunctions.of(
                        (ctx, in) -> {
                            IntStream.range(0, 3).forEach(i -> needs.add(ctx.needsInputGrad(i)));
                            return new NDList(in.get(0).mul(in.get(1)));
                        },
                        (ctx, dy) -> new NDList(dy.get(0), null, null));
        NDArray constant = manager.create(new double[] {2});
        NDArray integer = manager.create(new long[] {1});
        NDArray x = leaf(4);
        assertValues(grad(first.apply(x, constant, integer), x), 1);
        assertEquals(List.of(true, false, false), needs);
        assertFalse(Autograd.requiresGrad(square(constant)));
    }

    @Test
    void inputsAndOutputOfThreeFloatingTypes() {
        // y = a + sum(b), in float16, with a rule that gives 3 and 5 times what it should.
        AutogradFunction sum =
                TestFunctions.of(
                        (ctx, in) -> {
                            ctx.saveForBackward(in.get(1));
                            NDArray a = in.get(0).toType(DataType.FLOAT32, false);
                            NDArray y = a.add(in.get(1).sum());
                            return new NDList(y.toType(DataType.FLOAT16, false));
                        },
                        (ctx, dy) -> {
                            NDArray da = dy.get(0).toType(DataType.FLOAT64, false).mul(3);
                            NDArray d = dy.get(0).toType(DataType.FLOAT32, false).sum();
                            return new NDList(da, ctx.saved(0).onesLike().mul(d).mul(5));
                        });
        NDArray a = randomLeaf(3);
        NDArray b = manager.zeros(new Shape(2, 50), DataType.FLOAT32);
        b.setRequiresGradient(true);
        NDArray y = sum.apply(a, b);
        assertEquals(DataType.FLOAT16, y.getDataType());
        backward(y.sum());
        assertGradient(a, 3, 3, 3);
        assertEquals(b.stopGradient().add(15), b.getGradient());
    }

    @Test
    void ofTwoLambdas() {
        AutogradFunction square =
                AutogradFunction.of("square", x -> x.mul(x), (x, dy) -> dy.mul(x.mul(2)));
        NDArray x = leaf(-1.5, 0, 2);
        assertValues(grad(square.apply(x), x), -3, 0, 4);
        GradCheck.builder().build().gradGradCheck(square, x).assertPassed();
        assertEquals("square", square.toString());
        assertEquals("input 0 (x)", square.inputName(0));
    }

    @Test
    void viewOfAnIntermediateKeepsItsGradientWhenItIsChangedWithoutRecording() {
        AutogradFunction f =
                TestFunctions.linear(x -> x.mul(3).transpose(), dy -> dy.mul(3).transpose());
        NDArray weights = manager.randomNormal(new Shape(4, 2), DataType.FLOAT64);
        assertSameGradient(
                randomLeaf(2, 4),
                x -> doubled(f.apply(x)).mul(weights),
                x -> doubled(x.mul(3).transpose()).mul(weights));
    }

    private static NDArray doubled(NDArray array) {
        try (Autograd.Scope scope = Autograd.noGrad()) {
            return array.muli(2);
        }
    }
}
