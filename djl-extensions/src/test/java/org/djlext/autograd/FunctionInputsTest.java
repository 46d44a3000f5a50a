/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Inputs of any shape, type, layout and number. */
class FunctionInputsTest extends FunctionTestBase {

    @Test
    void shapesFromScalarToFourAxesAndEmpty() {
        AutogradFunction square = TestFunctions.square();
        for (Shape shape :
                List.of(
                        new Shape(),
                        new Shape(1),
                        new Shape(5),
                        new Shape(1, 1),
                        new Shape(2, 3, 4, 5),
                        new Shape(0),
                        new Shape(3, 0, 2))) {
            assertSameGradient(
                    random(shape, DataType.FLOAT64),
                    x -> square.apply(x).mul(3).sum(),
                    x -> x.mul(x).mul(3).sum());
        }
    }

    @Test
    void halfPrecision() {
        NDArray x = manager.arange(1, 7, 1, DataType.FLOAT32).reshape(2, 3);
        x = x.toType(DataType.FLOAT16, false);
        x.setRequiresGradient(true);
        backward(TestFunctions.square().apply(x).sum());
        NDArray dx = x.getGradient();
        assertEquals(DataType.FLOAT16, dx.getDataType());
        assertArrayEquals(
                new float[] {2, 4, 6, 8, 10, 12}, dx.toType(DataType.FLOAT32, true).toFloatArray());
    }

    @Test
    void nonContiguousInputAndBroadcastOutput() {
        AutogradFunction square = TestFunctions.square();
        assertSameGradient(
                random(new Shape(4, 3), DataType.FLOAT64),
                x -> square.apply(x.transpose()).mul(3).sum(),
                x -> x.square().mul(3).sum());
        // The output of forward occupies one row of memory for all its rows.
        AutogradFunction expand =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0).broadcast(new Shape(6, 3))),
                        (ctx, dy) -> new NDList(dy.get(0).sum(new int[] {0}, true)));
        assertSameGradient(
                random(new Shape(1, 3), DataType.FLOAT64),
                x -> expand.apply(x).square().sum(),
                x -> x.broadcast(new Shape(6, 3)).square().sum());
    }

    @Test
    void inputUsedElsewhereToo() {
        AutogradFunction square = TestFunctions.square();
        assertSameGradient(
                random(new Shape(2, 3), DataType.FLOAT64),
                x -> x.add(square.apply(x)).mul(x).sum(),
                x -> x.add(x.square()).mul(x).sum());
    }

    @Test
    void sameArrayAsTwoInputs() {
        AutogradFunction product = TestFunctions.product();
        assertSameGradient(
                random(new Shape(2, 3), DataType.FLOAT64),
                x -> product.apply(x, x).sum(),
                x -> x.mul(x).sum());
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
                random(new Shape(4), DataType.FLOAT64),
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
            NDArray a = random(new Shape(3), DataType.FLOAT64);
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
        AutogradFunction sign =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0).sign()),
                        (ctx, dy) -> new NDList(dy.get(0).mul(2)));
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
}
