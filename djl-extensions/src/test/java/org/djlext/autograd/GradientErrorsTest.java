/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** No gradient is no gradient; what user code throws is the cause; directions are checked. */
class GradientErrorsTest extends GraphTestBase {

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
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0).mul(in.get(1))),
                        (ctx, dy) -> new NDList(null, dy.get(0).mul(factor(5))));
        NDArray a = leaf(3);
        NDArray b = leaf(4);
        NDArray y = second.apply(a, b);
        NDList gradients = gradOrNull(y, a, b);
        assertNull(gradients.get(0));
        assertValues(gradients.get(1), 5);
        Exception e = assertThrows(EngineException.class, () -> grad(y, a));
        assertFalse(String.valueOf(e.getMessage()).contains("frame #"), e.getMessage());
    }

    private static AutogradFunction failing(Throwable thrown) {
        return TestFunctions.of(
                (ctx, in) -> new NDList(in.get(0).square()),
                (ctx, dy) -> {
                    if (thrown instanceof Error error) {
                        throw error;
                    }
                    throw (RuntimeException) thrown;
                });
    }

    @Test
    void whatARuleThrowsIsTheCause() {
        NDArray x = leaf(3);
        for (Throwable mine :
                List.of(
                        new IllegalArgumentException("no rule for größe 3"),
                        new AssertionError("expected 3"),
                        new StackOverflowError("too deep"))) {
            NDArray y = failing(mine).apply(x.mul(factor(2))).exp();
            Exception e = assertThrows(EngineException.class, () -> grad(y, x));
            assertCausedBy(mine, e);
            NDArray loss = y.sum();
            e = assertThrows(EngineException.class, () -> backward(loss));
            assertCausedBy(mine, e);
            assertTrue(
                    String.valueOf(e.getMessage()).contains(String.valueOf(mine.getMessage())),
                    e.getMessage());
        }
    }

    @Test
    void traceOfTheCauseNamesTheRule() {
        AutogradFunction f =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0).square()),
                        (ctx, dy) -> new NDList(divide(dy.get(0), 0)));
        NDArray y = f.apply(leaf(3)).sum();
        Exception e = assertThrows(EngineException.class, () -> backward(y));
        Throwable cause = e;
        while (cause != null && !(cause instanceof ArithmeticException)) {
            cause = cause.getCause();
        }
        Throwable thrown = Objects.requireNonNull(cause, "no cause");
        assertEquals("divide", thrown.getStackTrace()[0].getMethodName());
    }

    private static NDArray divide(NDArray x, int by) {
        return x.mul(1 / by);
    }

    @Test
    void causeOfAPassWithinAPass() {
        IllegalStateException mine = new IllegalStateException("innermost");
        NDArray x = leaf(3);
        NDArray inner = failing(mine).apply(x);
        AutogradFunction outer =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0).square()),
                        (ctx, dy) -> new NDList(grad(inner, x)));
        NDArray y = outer.apply(x);
        assertCausedBy(mine, assertThrows(EngineException.class, () -> grad(y, x)));
    }

    @Test
    void messagesOfTheEngineCarryNoTraceOfCpp() {
        NDArray x = leaf(3, 4);
        AutogradFunction f =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0).square()),
                        (ctx, dy) -> new NDList(dy.get(0).matMul(factor(1))));
        NDArray y = f.apply(x);
        NDArray freed = x.square();
        Autograd.grad(new NDList(freed.sum()), new NDList(x));
        for (Exception e :
                List.of(
                        assertThrows(EngineException.class, () -> grad(y, x)),
                        assertThrows(EngineException.class, () -> grad(freed, x)))) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                String message = String.valueOf(cause.getMessage());
                // The engine's own exception, as a rule has got it, may be as DJL has made it.
                if (cause == e) {
                    assertFalse(message.contains("frame #"), message);
                }
            }
        }
    }

    @Test
    void engineGoesOnAfterAFailure() {
        NDArray x = leaf(3);
        for (int i = 0; i < 20; i++) {
            NDArray y = failing(new IllegalStateException("no")).apply(x);
            assertThrows(EngineException.class, () -> grad(y, x));
            assertValues(grad(TestFunctions.square().apply(x), x), 6);
            assertTrue(Autograd.isRecording());
        }
    }

    /** Fails unless the directions are refused with the words. */
    private static void assertRefused(NDList inputs, NDList v, String... words) {
        Function<NDList, NDList> f = in -> new NDList(in.get(0).mul(in.get(1)).sum());
        for (Runnable product :
                List.<Runnable>of(
                        () -> Functional.jvp(f, inputs, v), () -> Functional.hvp(f, inputs, v))) {
            Exception e = assertThrows(IllegalArgumentException.class, product::run);
            for (String word : words) {
                assertTrue(String.valueOf(e.getMessage()).contains(word), e.getMessage());
            }
        }
    }

    @Test
    void directionsMustHaveTheShapesOfTheInputs() {
        NDList inputs =
                new NDList(
                        manager.create(new double[] {1, 2}), manager.create(new double[] {3, 4}));
        NDArray right = manager.ones(new Shape(2), inputs.get(0).getDataType());
        NDArray wrong = manager.ones(new Shape(3), inputs.get(0).getDataType());
        assertRefused(inputs, new NDList(), "0", "2");
        assertRefused(inputs, new NDList(right), "1", "2");
        assertRefused(inputs, new NDList(right, right, right), "3", "2");
        assertRefused(inputs, new NDList(right, wrong), "(2)", "(3)");
        assertRefused(inputs, new NDList(Arrays.asList(right, null)), "null");
    }

    @Test
    void upstreamOfAProductMustHaveTheShapesOfTheOutputs() {
        NDList inputs = new NDList(manager.create(new double[] {1, 2}));
        NDArray one = manager.ones(new Shape(2), inputs.get(0).getDataType());
        NDArray three = manager.ones(new Shape(3), inputs.get(0).getDataType());
        // The second output depends on nothing: it is checked all the same.
        Function<NDList, NDList> f = in -> new NDList(in.get(0).square(), one);
        for (NDList v :
                List.of(
                        new NDList(),
                        new NDList(one),
                        new NDList(one, one, one),
                        new NDList(three, one),
                        new NDList(one, three),
                        new NDList(Arrays.asList(null, one)),
                        new NDList(Arrays.asList(one, null)))) {
            assertThrows(IllegalArgumentException.class, () -> Functional.vjp(f, inputs, v));
        }
        NDArray dx = Functional.vjp(f, inputs, new NDList(one, one)).product().get(0);
        assertValues(dx, 2, 4);
    }
}
