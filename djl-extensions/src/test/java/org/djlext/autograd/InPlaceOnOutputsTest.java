/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.function.Function;
import java.util.stream.Stream;
import org.djlext.nn.DropoutFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Outputs that share storage with an input or with each other, and are changed in place. */
class InPlaceOnOutputsTest extends GraphTestBase {

    /** Returns what the function makes of its input; its gradient is 1 throughout. */
    private static AutogradFunction of(Function<NDArray, NDList> forward) {
        return TestFunctions.of(
                (ctx, in) -> {
                    ctx.setAttribute("shape", in.get(0).getShape());
                    return forward.apply(in.get(0));
                },
                (ctx, dy) -> {
                    Shape shape = ctx.getAttribute("shape", Shape.class);
                    return new NDList(dy.get(0).getManager().ones(shape, DataType.FLOAT64));
                });
    }

    static Stream<Arguments> sharing() {
        return Stream.of(
                Arguments.of("the input", of(NDList::new)),
                Arguments.of("its view", of(x -> new NDList(x.reshape(2, 1)))),
                Arguments.of("its part", of(x -> new NDList(x.get(new NDIndex("0:1"))))),
                Arguments.of("the input twice", of(x -> new NDList(x, x))),
                Arguments.of("the input beside another", of(x -> new NDList(x, x.square()))),
                Arguments.of("dropout in evaluation", new DropoutFunction(0.5, false)),
                Arguments.of(
                        "one array twice",
                        of(
                                x -> {
                                    NDArray y = x.square();
                                    return new NDList(y, y);
                                })),
                Arguments.of(
                        "an array and its view",
                        of(
                                x -> {
                                    NDArray y = x.square();
                                    return new NDList(y, y.reshape(2, 1));
                                })),
                Arguments.of(
                        "two parts of one array",
                        of(
                                x -> {
                                    NDArray y = x.square();
                                    return new NDList(y.get("0:1"), y.get("1:2"));
                                })));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("sharing")
    void changeOfAnOutputThatSharesStorageIsAnError(String what, AutogradFunction f) {
        NDArray leaf = leaf(3, 4);
        for (NDArray x : new NDArray[] {leaf, leaf.mul(factor(1))}) {
            NDList y = f.apply(new NDList(x));
            NDArray five = factor(5);
            Exception e =
                    assertThrows(
                            RuntimeException.class,
                            () -> {
                                y.get(0).muli(five);
                                backward(y.get(0).sum());
                            },
                            () ->
                                    what
                                            + ": x is now "
                                            + java.util.Arrays.toString(x.toDoubleArray()));
            assertFalse(String.valueOf(e.getMessage()).contains("frame #"), e.getMessage());
            y.close();
        }
    }

    @Test
    void changeOfAnOutputOfItsOwnIsDifferentiated() {
        NDArray x = leaf(3);
        NDArray y = TestFunctions.square().apply(x);
        y.muli(factor(5));
        assertValues(y, 45);
        assertValues(grad(y, x), 30);
        AutogradFunction split =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0).add(in.get(0)), in.get(0).sub(in.get(0))),
                        (ctx, dy) -> new NDList(dy.get(0).add(dy.get(0))));
        NDList two = split.apply(new NDList(x));
        two.get(0).muli(factor(5));
        assertValues(two.get(0), 30);
        assertValues(two.get(1), 0);
        assertValues(grad(two.get(0).add(two.get(1)), x), 10);
    }

    @Test
    void returnedInputThatIsNotDifferentiable() {
        AutogradFunction constant =
                TestFunctions.of(
                        (ctx, in) -> {
                            ctx.markNonDifferentiable(in.get(0));
                            return new NDList(in.get(0), in.get(0).square());
                        },
                        (ctx, dy) -> new NDList(dy.get(1)));
        NDArray x = leaf(3);
        NDList y = constant.apply(new NDList(x));
        assertFalse(Autograd.requiresGrad(y.get(0)));
        assertTrue(Autograd.requiresGrad(x));
        assertTrue(Autograd.requiresGrad(y.get(1)));
        // y0 is a constant: d (y0 x) / dx is 3.
        assertValues(grad(y.get(0).mul(x), x), 3);
    }

    @Test
    void closingAReturnedInputLeavesTheInputOpen() {
        NDArray x = manager.create(new double[] {3, 4});
        NDArray leaf = leaf(3, 4);
        try (Autograd.Scope scope = Autograd.noGrad()) {
            identity().apply(x).close();
            identity().apply(leaf).close();
            NDList twice = of(v -> new NDList(v, v)).apply(new NDList(x));
            twice.get(0).close();
            assertValues(twice.get(1), 3, 4);
        }
        identity().apply(x).close(); // recorded, but x requires no gradient
        identity().apply(leaf).close();
        assertValues(x, 3, 4);
        assertValues(leaf, 3, 4);
        NDArray index = manager.create(new long[] {1});
        AutogradFunction passOn =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0).square(), in.get(1)),
                        (ctx, dy) -> new NDList(dy.get(0), null));
        passOn.apply(new NDList(leaf, index)).close();
        assertValues(leaf, 3, 4);
        org.junit.jupiter.api.Assertions.assertEquals(1, index.getLong());
    }
}
