/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertFails;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Outputs that are used any number of times, that are not differentiable, have no gradient, or
 * share storage with an input.
 */
class FunctionOutputsTest extends GraphTestBase {

    @Test
    void valueOfTheOutputIsUntouched() {
        NDArray x = random(DataType.FLOAT32, 6, 7);
        NDArray y = TestFunctions.square().apply(x);
        assertArrayEquals(x.mul(x).toFloatArray(), y.toFloatArray());
        assertTrue(Autograd.requiresGrad(y));
        assertSame(x.getManager(), y.getManager());
        backward(y.sum());
    }

    /** (a, b) -> (a b, a + b), with a rule that sees which upstream gradients came. */
    private static AutogradFunction twoOutputs(List<String> seen, boolean materialize) {
        return TestFunctions.of(
                (ctx, in) -> {
                    ctx.saveForBackward(in.get(0), in.get(1));
                    ctx.setMaterializeGrads(materialize);
                    return new NDList(in.get(0).mul(in.get(1)), in.get(0).add(in.get(1)));
                },
                (ctx, dy) -> {
                    seen.add((dy.get(0) != null) + " " + (dy.get(1) != null));
                    NDList s = ctx.savedTensors();
                    NDArray da = s.get(0).zerosLike();
                    NDArray db = s.get(0).zerosLike();
                    if (dy.get(0) != null) {
                        da = da.add(dy.get(0).mul(s.get(1)));
                        db = db.add(dy.get(0).mul(s.get(0)));
                    }
                    if (dy.get(1) != null) {
                        da = da.add(dy.get(1));
                        db = db.add(dy.get(1));
                    }
                    return new NDList(da, db);
                });
    }

    @Test
    void outputsUsedNeverOnceTwice() {
        List<String> seen = new ArrayList<>();
        AutogradFunction f = twoOutputs(seen, true);
        NDArray b = manager.randomNormal(new Shape(2, 3), DataType.FLOAT64);
        NDArray x = random(2, 3);
        assertSameGradient(x, v -> f.apply(new NDList(v, b)).get(1).sum(), v -> v.add(b).sum());
        assertSameGradient(x, v -> f.apply(new NDList(v, b)).get(0).sum(), v -> v.mul(b).sum());
        assertSameGradient(
                x,
                v -> {
                    NDList y = f.apply(new NDList(v, b));
                    return y.get(0).mul(y.get(0)).add(y.get(1)).sum();
                },
                v -> v.mul(b).square().add(v.add(b)).sum());
        assertEquals(
                List.of("true true", "true true", "true true"), seen, "one call a pass, zeros");
    }

    @Test
    void oneOutputOfSeveralIsRefused() {
        AutogradFunction f = twoOutputs(new ArrayList<>(), true);
        NDArray x = manager.ones(new Shape(3));
        assertFails(
                IllegalStateException.class,
                f
                        + ".apply(NDArray...) returns one output, but there are 2; call"
                        + " apply(NDList), which returns all of them",
                () -> f.apply(x, x));
        assertEquals(2, f.apply(new NDList(x, x)).size());
    }

    @Test
    void undefinedGradientsComeAsNullIfAskedFor() {
        List<String> seen = new ArrayList<>();
        AutogradFunction f = twoOutputs(seen, false);
        NDArray b = manager.randomNormal(new Shape(2, 3), DataType.FLOAT64);
        NDArray x = random(2, 3);
        assertSameGradient(x, v -> f.apply(new NDList(v, b)).get(1).sum(), v -> v.add(b).sum());
        assertSameGradient(x, v -> f.apply(new NDList(v, b)).get(0).sum(), v -> v.mul(b).sum());
        assertEquals(List.of("false true", "true false"), seen);
    }

    @Test
    void functionWhoseOutputIsNotUsedDoesNotRun() {
        AtomicInteger calls = new AtomicInteger();
        AutogradFunction f =
                TestFunctions.linear(
                        x -> x.mul(2),
                        dy -> {
                            calls.incrementAndGet();
                            return dy.mul(2);
                        });
        NDArray x = random(DataType.FLOAT32, 3);
        gradient(
                x,
                v -> {
                    f.apply(new NDList(v));
                    return v.sum();
                });
        assertEquals(0, calls.get());
    }

    @Test
    void outputsThatAreNotDifferentiable() {
        AutogradFunction f =
                TestFunctions.of(
                        (ctx, in) -> {
                            NDArray largest = in.get(0).max();
                            ctx.markNonDifferentiable(largest);
                            return new NDList(in.get(0).mul(2), largest, in.get(0).argMax());
                        },
                        (ctx, dy) -> {
                            assertNull(dy.get(1));
                            assertNull(dy.get(2));
                            return new NDList(dy.get(0).mul(2));
                        });
        NDArray x = random(5);
        assertSameGradient(
                x,
                v -> {
                    NDList y = f.apply(new NDList(v));
                    assertFalse(Autograd.requiresGrad(y.get(1)));
                    assertFalse(Autograd.requiresGrad(y.get(2)));
                    return y.get(0).mul(y.get(1)).sum();
                },
                v -> v.mul(2).mul(v.max().stopGradient()).sum());
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
    void nullIsNoGradientAtTheLeaf() {
        NDArray x = leaf(3);
        assertNull(gradOrNull(none().apply(x), x).get(0));
        backward(none().apply(x).sum());
        assertThrows(IllegalStateException.class, () -> Autograd.gradient(x));
    }

    @Test
    void nullIsNoGradientThroughTheEnginesOperations() {
        NDArray x = leaf(3);
        NDArray h = x.exp();
        NDArray y = none().apply(h);
        assertNull(gradOrNull(y, x).get(0));
        assertNull(gradOrNull(y, h).get(0));
        // Another way to the leaf counts as if the first were not there.
        assertValues(gradOrNull(y.add(x.square()), x).get(0), 6);
        backward(y.sum());
        assertThrows(IllegalStateException.class, () -> Autograd.gradient(x));
    }

    @Test
    void nullIsNoGradientForTheFunctionBelow() {
        for (boolean materialize : new boolean[] {false, true}) {
            AutogradFunction below =
                    TestFunctions.of(
                            (ctx, in) -> {
                                ctx.setMaterializeGrads(materialize);
                                return new NDList(in.get(0).exp());
                            },
                            (ctx, dy) -> {
                                throw new AssertionError("none of its outputs has a gradient");
                            });
            NDArray x = leaf(3);
            NDArray y = none().apply(below.apply(x));
            assertNull(gradOrNull(y, x).get(0));
        }
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
        assertValues(b.getGradient(), 5);
    }

    @Test
    void arrayThatForwardKeepsStaysOutsideOfTheGraph() {
        NDArray x = random(5);
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

    @Test
    void identityAndViewOfAnInputLeaveTheInputAlone() {
        AutogradFunction view =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0), in.get(0).reshape(6)),
                        (ctx, dy) -> new NDList(dy.get(0).add(dy.get(1).reshape(2, 3))));
        assertSameGradient(
                random(2, 3),
                x -> {
                    NDArray before = x.square(); // saves x, and checks that nothing writes to it
                    NDList y = view.apply(new NDList(x));
                    return y.get(0).sin().sum().add(y.get(1).cos().sum()).add(before.sum());
                },
                x -> x.sin().sum().add(x.cos().sum()).add(x.square().sum()));
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

    static Stream<Arguments> rulesThatShare() {
        return Stream.of(
                Arguments.of(
                        "the upstream gradient twice",
                        TestFunctions.linear((a, b) -> a.add(b), dy -> new NDList(dy, dy)),
                        new Shape(2),
                        1),
                Arguments.of(
                        "a view of the upstream gradient",
                        TestFunctions.linear(
                                (a, b) -> a.add(b.reshape(2)),
                                dy -> new NDList(dy, dy.reshape(2, 1))),
                        new Shape(2, 1),
                        1),
                Arguments.of(
                        "one new array twice",
                        TestFunctions.linear(
                                (a, b) -> a.add(b).mul(3),
                                dy -> {
                                    NDArray d = dy.mul(3);
                                    return new NDList(d, d);
                                }),
                        new Shape(2),
                        3));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rulesThatShare")
    void whatARuleReturnsIsNotWrittenTo(
            String what, AutogradFunction f, Shape shape, double factor) {
        NDArray a = manager.create(new double[] {5, 6});
        NDArray b = manager.create(new double[] {7, 8}, shape);
        assertTwoPassesAddUp(f, a, b, factor, 2 * factor);
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
        NDArray y =
                TestFunctions.of(
                                (ctx, in) -> {
                                    ctx.setAttribute("factor", 5.0);
                                    return new NDList(in.get(0).mul(factor(5)));
                                },
                                (ctx, dy) ->
                                        new NDList(
                                                dy.get(0)
                                                        .mul(
                                                                factor(
                                                                        ctx.getAttribute(
                                                                                "factor",
                                                                                Double.class)))))
                        .apply(x)
                        .sum();
        for (int pass = 0; pass < 2; pass++) {
            assertValues(Autograd.grad(new NDList(y), new NDList(x)).get(0), 5);
        }
    }
}
