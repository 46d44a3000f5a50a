/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.djlext.nn.DropoutFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Outputs that are not used, have no gradient, share storage with other arrays, or are changed in
 * place.
 */
class FunctionOutputsTest extends GraphTestBase {

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void backwardRunsOnceAPassWithZerosOrNullForAnOutputThatIsNotUsed(boolean materialize) {
        List<String> seen = new ArrayList<>();
        AutogradFunction f =
                TestFunctions.productAndSum(
                        materialize,
                        dy -> seen.add((dy.get(0) != null) + " " + (dy.get(1) != null)));
        NDArray x = leaf(3);
        NDList y = f.apply(new NDList(x, leaf(5)));
        backward(x.square()); // without the function
        assertValues(grad(y.get(1), x), 1);
        assertValues(grad(y.get(0), x), 5);
        assertValues(grad(y.get(0).square().add(y.get(1)), x), 2 * 15 * 5 + 1);
        List<String> none = List.of("false true", "true false", "true true");
        assertEquals(materialize ? Collections.nCopies(3, "true true") : none, seen);
    }

    /** y = x^2 without a gradient. */
    private static AutogradFunction none() {
        return TestFunctions.of(
                (ctx, in) -> new NDList(in.get(0).square()),
                (ctx, dy) -> new NDList((NDArray) null));
    }

    private static NDList gradOrNull(NDArray y, NDArray... x) {
        return Autograd.grad(
                new NDList(y), new NDList(x), new NDList(y.onesLike()), true, false, true);
    }

    @Test
    void nullIsNoGradientAtTheLeafAndThroughTheEnginesOperations() {
        NDArray x = leaf(3);
        assertNull(gradOrNull(none().apply(x), x).get(0));
        NDArray h = x.exp();
        NDArray y = none().apply(h);
        assertNull(gradOrNull(y, x).get(0));
        assertNull(gradOrNull(y, h).get(0));
        // Another way to the leaf counts as if the first were not there.
        assertValues(gradOrNull(y.add(x.square()), x).get(0), 6);
        backward(y.sum());
        assertNoGradient(x);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nullIsNoGradientForTheFunctionBelow(boolean materialize) {
        AutogradFunction below =
                TestFunctions.productAndSum(
                        materialize, dy -> fail("none of its outputs has a gradient"));
        NDArray x = leaf(3);
        assertNull(gradOrNull(none().apply(below.apply(new NDList(x, x)).get(0)), x).get(0));
    }

    @Test
    void nullForOneOfTwoInputs() {
        AutogradFunction second =
                TestFunctions.linear(
                        (a, b) -> a.mul(b), dy -> new NDList((NDArray) null, dy.mul(factor(5))));
        NDArray a = leaf(3);
        NDArray b = leaf(4);
        NDArray y = second.apply(a, b);
        NDList gradients = gradOrNull(y, a, b);
        assertNull(gradients.get(0));
        assertValues(gradients.get(1), 5);
        assertThrows(EngineException.class, () -> grad(y, a));
        backward(y.sum());
        assertArrayEquals(new float[1], a.getGradient().toFloatArray());
        assertGradient(b, 5);
    }

    @Test
    void arrayThatForwardKeepsStaysOutsideOfTheGraph() {
        NDArray x = randomLeaf(5);
        NDArray own = x.stopGradient().mul(2);
        List<NDArray> kept = new ArrayList<>(List.of(own));
        AutogradFunction returnsIt = TestFunctions.linear(v -> own, dy -> dy.mul(2));
        AutogradFunction returnsItsTensor =
                TestFunctions.linear(
                        v -> {
                            NDArray twice = v.mul(2);
                            twice.attach(manager);
                            kept.add(twice);
                            return twice.flatten(); // the very tensor, as it is flat
                        },
                        dy -> dy.mul(2));
        for (AutogradFunction f : List.of(returnsIt, returnsItsTensor)) {
            assertSameGradient(x, v -> f.apply(v).exp(), v -> v.mul(2).exp());
        }
        for (NDArray array : kept) {
            assertFalse(Autograd.requiresGrad(array));
        }
    }

    /**
     * Two backward passes, each with a graph of its own, add up: nobody else's storage is written
     * to.
     */
    private void assertTwoPassesAddUp(AutogradFunction f, NDArray a, NDArray b, double... da) {
        NDArray c = manager.create(new double[] {1, 2});
        double[] aBefore = a.toDoubleArray();
        double[] bBefore = b.toDoubleArray();
        a.setRequiresGradient(true);
        b.setRequiresGradient(true);
        for (int pass = 1; pass <= 2; pass++) {
            backward(f.apply(a, b).mul(c).sum());
            double[] want = {pass * da[0], pass * da[1]};
            assertArrayEquals(want, a.getGradient().toDoubleArray(), "pass " + pass);
            assertArrayEquals(want, b.getGradient().flatten().toDoubleArray(), "pass " + pass);
        }
        assertArrayEquals(aBefore, a.toDoubleArray());
        assertArrayEquals(bBefore, b.toDoubleArray());
    }

    @Test
    void whatARuleReturnsIsNotWrittenTo() {
        NDArray a = manager.create(new double[] {5, 6});
        NDArray column = manager.create(new double[][] {{7}, {8}});
        AutogradFunction upstreamTwice =
                TestFunctions.linear((x, y) -> x.add(y), dy -> new NDList(dy, dy));
        AutogradFunction view =
                TestFunctions.linear(
                        (x, y) -> x.add(y.flatten()), dy -> new NDList(dy, dy.reshape(2, 1)));
        AutogradFunction newTwice =
                TestFunctions.linear(
                        (x, y) -> x.add(y).mul(3),
                        dy -> {
                            NDArray d = dy.mul(3);
                            return new NDList(d, d);
                        });
        assertTwoPassesAddUp(upstreamTwice, a.duplicate(), a.duplicate(), 1, 2);
        assertTwoPassesAddUp(view, a.duplicate(), column, 1, 2);
        assertTwoPassesAddUp(newTwice, a.duplicate(), a.duplicate(), 3, 6);
    }

    @Test
    void ruleThatReturnsASavedTensorOrAnArrayOfItsOwn() {
        NDArray constant = manager.create(new double[] {3, 4});
        // Wrong as rules, but they show whether saved tensors and the user's arrays stay what they
        // are.
        AutogradFunction f =
                TestFunctions.of(
                        (ctx, in) -> {
                            ctx.saveForBackward(in.get(1));
                            return new NDList(in.get(0).mul(in.get(1)));
                        },
                        (ctx, dy) -> new NDList(ctx.savedTensors().get(0), constant));
        NDArray a = manager.create(new double[] {5, 6});
        assertTwoPassesAddUp(f, a, constant.duplicate(), 3, 4);
        assertValues(constant, 3, 4);
    }

    /** PyTorch refuses a second pass through what was saved, and through nothing else. */
    @Test
    void secondPassThroughAFunctionThatSavesNoArrays() {
        NDArray x = leaf(3);
        AutogradFunction f =
                TestFunctions.of(
                        (ctx, in) -> {
                            ctx.setAttribute("factor", 5.0);
                            return new NDList(in.get(0).mul(factor(5)));
                        },
                        (ctx, dy) -> {
                            double factor = ctx.getAttribute("factor", Double.class);
                            return new NDList(dy.get(0).mul(factor(factor)));
                        });
        NDArray y = f.apply(x).sum();
        for (int pass = 0; pass < 2; pass++) {
            assertValues(Autograd.grad(new NDList(y), new NDList(x)).get(0), 5);
        }
    }

    /** What a function makes of its input, whose gradient is 1 throughout. */
    private static Arguments of(String what, Function<NDArray, NDList> forward) {
        AutogradFunction f =
                TestFunctions.of(
                        (ctx, in) -> {
                            ctx.setAttribute("shape", in.get(0).getShape());
                            return forward.apply(in.get(0));
                        },
                        (ctx, dy) -> {
                            Shape shape = ctx.getAttribute("shape", Shape.class);
                            return new NDList(dy.get(0).getManager().ones(shape, DataType.FLOAT64));
                        });
        return Arguments.of(what, f);
    }

    private static Arguments ofSquare(String what, Function<NDArray, NDList> parts) {
        return of(what, x -> parts.apply(x.square()));
    }

    static Stream<Arguments> sharing() {
        return Stream.of(
                of("the input", x -> new NDList(x)),
                of("its view", x -> new NDList(x.reshape(2, 1))),
                of("its part", x -> new NDList(x.get("0:1"))),
                of("the input twice", x -> new NDList(x, x)),
                of("the input beside another", x -> new NDList(x, x.square())),
                Arguments.of("dropout in evaluation", new DropoutFunction(0.5, false)),
                ofSquare("one array twice", y -> new NDList(y, y)),
                ofSquare("an array and its view", y -> new NDList(y, y.reshape(2, 1))),
                ofSquare("two parts of one array", y -> new NDList(y.get("0:1"), y.get("1:2"))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("sharing")
    void changeOfAnOutputThatSharesStorageIsAnError(String what, AutogradFunction f) {
        NDArray leaf = leaf(3, 4);
        NDArray five = factor(5);
        for (NDArray x : List.of(leaf, leaf.mul(factor(1)))) {
            NDList y = f.apply(new NDList(x));
            Exception e =
                    assertThrows(
                            RuntimeException.class,
                            () -> {
                                y.get(0).muli(five);
                                backward(y.get(0).sum());
                            });
            assertNoTraceOfCpp(e);
            y.close();
        }
    }

    @Test
    void changeOfOneOutputOfTwoIsDifferentiated() {
        NDArray x = leaf(3);
        NDList two = TestFunctions.productAndSum(true, dy -> {}).apply(new NDList(x, x));
        two.get(1).muli(factor(5));
        assertValues(two.get(0), 9);
        assertValues(two.get(1), 30);
        assertValues(grad(two.get(0).add(two.get(1)), x), 6 + 10);
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
        AutogradFunction inputTwice =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0), in.get(0)),
                        (ctx, dy) -> new NDList(dy.get(0)));
        try (Autograd.Scope scope = Autograd.noGrad()) {
            identity().apply(x).close();
            identity().apply(leaf).close();
            NDList twice = inputTwice.apply(new NDList(x));
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
        assertEquals(1, index.getLong());
    }
}
