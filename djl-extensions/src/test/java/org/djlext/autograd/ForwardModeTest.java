/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.djlext.internal.ForwardLevel;
import org.djlext.testing.LambdaFunction;
import org.djlext.testing.SquareWithJvp;
import org.djlext.testing.Threads;
import org.junit.jupiter.api.Test;

/** Derivatives in a direction in one pass, beside finite differences and two backward passes. */
class ForwardModeTest extends GraphTestBase {

    private NDArray array(double... values) {
        return manager.create(values);
    }

    private static NDArray jvp(Function<NDList, NDList> f, NDArray x, NDArray v) {
        return Functional.jvp(f, new NDList(x), new NDList(v)).product().get(0);
    }

    @Test
    void ruleIsUsedInOnePass() {
        SquareWithJvp right = new SquareWithJvp(1);
        assertValues(jvp(right::apply, array(3, 4), array(1, -1)), 6, -8);
        assertEquals(0, right.backwards());
        // A wrong rule gives a wrong answer: it is the rule that is used.
        assertValues(jvp(new SquareWithJvp(3.5)::apply, array(3, 4), array(1, -1)), 21, -28);
    }

    @Test
    void functionWithoutARuleTakesTwoPasses() {
        AtomicInteger backwards = new AtomicInteger();
        AutogradFunction square =
                TestFunctions.of(
                        x -> x.square(),
                        (x, dy) -> {
                            backwards.incrementAndGet();
                            return dy.mul(x).mul(2);
                        });
        assertValues(jvp(square::apply, array(3, 4), array(1, -1)), 6, -8);
        assertTrue(backwards.get() > 0);
        // And so does a network with one such function in it.
        SquareWithJvp rule = new SquareWithJvp(3.5);
        Function<NDList, NDList> both = in -> square.apply(rule.apply(in));
        // By backward: (x^2)^2' = 4 x^3.
        assertValues(jvp(both, array(3), array(1)), 108);
    }

    /** A function with a derivative in a direction by a lambda. */
    private static AutogradFunction withJvp(
            BiFunction<FunctionContext, NDList, NDList> forward,
            BiFunction<FunctionContext, NDList, NDList> jvp) {
        return new LambdaFunction(forward, (ctx, dy) -> fail("no backward here")) {
            @Override
            protected NDList jvp(FunctionContext ctx, NDList tangents) {
                return jvp.apply(ctx, tangents);
            }
        };
    }

    @Test
    void inputsAndOutputsWithoutADirection() {
        AutogradFunction product =
                withJvp(
                        (ctx, in) -> {
                            ctx.saveForBackward(in.get(0), in.get(1));
                            return new NDList(in.get(0).mul(in.get(1)), in.get(1).square());
                        },
                        (ctx, tangents) -> {
                            assertNull(tangents.get(1));
                            assertTrue(ctx.needsInputGrad(0) && !ctx.needsInputGrad(1));
                            return new NDList(tangents.get(0).mul(ctx.saved(1)), null);
                        });
        NDArray constant = array(10, 20);
        Functional.Product p =
                Functional.jvp(
                        in -> product.apply(new NDList(in.get(0), constant)),
                        new NDList(array(3, 4)),
                        new NDList(array(1, 2)));
        assertValues(p.product().get(0), 10, 40);
        assertValues(p.product().get(1), 0, 0);
    }

    @Test
    void derivativeOfAnotherShapeIsRefused() {
        AutogradFunction wrong =
                withJvp(
                        (ctx, in) -> new NDList(in.get(0).square()),
                        (ctx, v) -> new NDList(v.get(0).sum()));
        assertFailsSaying(
                IllegalStateException.class,
                () -> jvp(wrong::apply, array(3, 4), array(1, 1)),
                ".jvp: the derivative of output 0 must be (2) float64, but is () float64");
        // The forward mode is off again.
        assertTrue(!ForwardLevel.isOn());
        assertValues(jvp(new SquareWithJvp(1)::apply, array(3), array(1)), 6);
    }

    @Test
    void gradientInsideOfADirection() {
        // Forward over backward: the derivative of a gradient in a direction is H v.
        Function<NDList, NDList> f = in -> new NDList(in.get(0).pow(3).sum());
        Function<NDList, NDList> gradient = in -> Functional.vjp(f, in, null).product();
        assertValues(jvp(gradient, array(2, 3), array(1, 10)), 12, 180);
        // With a function in it whose rule for backward has no forward mode.
        Function<NDList, NDList> custom =
                in -> new NDList(new SquareWithJvp(3.5).apply(in).get(0).mul(in.get(0)).sum());
        Function<NDList, NDList> ofCustom = in -> Functional.vjp(custom, in, null).product();
        assertValues(jvp(ofCustom, array(2, 3), array(1, 10)), 12, 180);
    }

    @Test
    void functionThatDifferentiatesByItself() {
        Function<NDList, NDList> f =
                in -> {
                    NDArray x = in.get(0);
                    Autograd.retainGrad(x.square());
                    NDList cube = new NDList(x.pow(3).sum());
                    return Autograd.grad(
                            cube, in, new NDList(manager.create(1.0)), true, true, false);
                };
        assertValues(jvp(f, array(2, 3), array(1, 10)), 12, 180);
    }

    @Test
    void severalThreadsAtATime() {
        Threads.run(
                8,
                t -> {
                    for (int i = 1; i < 20; i++) {
                        try (NDManager own = manager.newSubManager()) {
                            NDArray x = own.create(new double[] {i});
                            NDArray v = own.create(new double[] {t});
                            assertValues(jvp(new SquareWithJvp(1)::apply, x, v), 2.0 * i * t);
                        }
                    }
                });
    }
}
