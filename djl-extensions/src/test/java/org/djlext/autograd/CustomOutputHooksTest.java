/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Hooks on what a custom function returns come before its backward, as for the engine's own. */
class CustomOutputHooksTest extends GraphTestBase {

    private NDArray square(NDArray x) {
        return TestFunctions.square().apply(x);
    }

    private Autograd.Scope times(NDArray y, double factor) {
        NDArray f = factor(factor);
        return Autograd.onGradient(y, g -> g.mul(f));
    }

    @Test
    void hookIsHeardInEveryPass() {
        NDArray x = leaf(3);
        NDArray y = square(x);
        times(y, 10);
        assertValues(grad(y, x), 60);
        assertValues(grad(y.exp().log(), x), 60);
        // d (x^2)^2 / dx = 4 x^3.
        assertValues(grad(square(y), x), 1080);
        NDArray dx = grad(y, x, true);
        assertValues(dx, 60);
        assertValues(grad(dx, x), 20);
        backward(y.sum());
        assertValues(Autograd.gradient(x), 60);
    }

    @Test
    void hooksRunInTheOrderInWhichTheyWereAddedUntilTheyAreRemoved() {
        NDArray x = leaf(3);
        NDArray y = square(x);
        Autograd.Scope ten = times(y, 10);
        Autograd.Scope one = Autograd.onGradient(y, g -> g.add(1));
        Autograd.Scope two = times(y, 2);
        assertValues(grad(y, x), 6 * (10 + 1) * 2);
        ten.close();
        assertValues(grad(y, x), 6 * (1 + 1) * 2);
        times(y, 100);
        one.close();
        assertValues(grad(y, x), 6 * 2 * 100);
        two.close();
        two.close();
        assertValues(grad(y, x), 6 * 100);
    }

    @Test
    void hookThatRemovesItself() {
        NDArray x = leaf(3);
        NDArray y = square(x);
        NDArray ten = factor(10);
        Autograd.Scope[] hook = new Autograd.Scope[1];
        hook[0] =
                Autograd.onGradient(
                        y,
                        g -> {
                            hook[0].close();
                            return g.mul(ten);
                        });
        assertValues(grad(y, x), 60);
        assertValues(grad(y, x), 6);
    }

    @Test
    void hookThatOnlyLooks() {
        NDArray x = leaf(3);
        NDArray y = square(x);
        List<Double> seen = new ArrayList<>();
        Autograd.onGradient(
                y,
                g -> {
                    seen.add(g.getDouble(0));
                    return null;
                });
        assertValues(grad(y.mul(factor(2)).add(y), x), 18);
        assertEquals(List.of(3.0), seen, "once, with the whole gradient");
    }

    @Test
    void retainedGradientIsTheOneAfterTheHooks() {
        // The engine's rule: what is retained is seen last, whenever it was asked for.
        NDArray x = leaf(3);
        NDArray y = square(x);
        times(y, 10);
        Autograd.retainGrad(y);
        NDArray z = square(x);
        Autograd.retainGrad(z);
        times(z, 100);
        backward(y.add(z).sum());
        assertValues(Autograd.gradient(y), 10);
        assertValues(Autograd.gradient(z), 100);
        assertValues(Autograd.gradient(x), 660);
    }

    @Test
    void gradientByTheOutputItselfIsTheOneAfterTheHooks() {
        NDArray x = leaf(3);
        NDArray y = square(x);
        times(y, 10);
        NDArray two = factor(2);
        assertValues(grad(y.mul(two), y), 20);
        NDList both =
                Autograd.grad(
                        new NDList(y.mul(two)),
                        new NDList(y, x),
                        new NDList(y.onesLike()),
                        true,
                        false,
                        false);
        // The engine's own: what is on the way to another input is taken before the hooks.
        NDArray engines = x.square();
        times(engines, 10);
        NDList want =
                Autograd.grad(
                        new NDList(engines.mul(two)),
                        new NDList(engines, x),
                        new NDList(y.onesLike()),
                        true,
                        false,
                        false);
        assertValues(both.get(0), want.get(0).toDoubleArray());
        assertValues(both.get(1), 120);
    }

    @Test
    void hookOnOneOfTwoOutputs() {
        AutogradFunction sumAndProduct =
                TestFunctions.of(
                        (ctx, in) -> {
                            ctx.saveForBackward(in.get(0), in.get(1));
                            NDArray a = in.get(0);
                            return new NDList(a.add(in.get(1)), a.mul(in.get(1)));
                        },
                        (ctx, dy) -> {
                            NDList s = ctx.savedTensors();
                            return new NDList(
                                    dy.get(0).add(dy.get(1).mul(s.get(1))),
                                    dy.get(0).add(dy.get(1).mul(s.get(0))));
                        });
        NDArray a = leaf(3);
        NDArray b = leaf(5);
        NDList y = sumAndProduct.apply(new NDList(a, b));
        times(y.get(1), 10);
        backward(y.get(0).add(y.get(1)).sum());
        assertValues(Autograd.gradient(a), 51);
        assertValues(Autograd.gradient(b), 31);
    }

    @Test
    void hookOnAReturnedInputIsNotOneOnTheInput() {
        NDArray x = leaf(3);
        NDArray h = x.mul(factor(1));
        NDArray y = identity().apply(h);
        times(y, 10);
        // One through y, and one around it.
        assertValues(grad(y.add(h), x), 11);
    }

    @Test
    void exceptionOfAHookIsTheCause() {
        IllegalStateException mine = new IllegalStateException("no such gradient");
        NDArray x = leaf(3);
        NDArray y = square(x);
        Autograd.onGradient(
                y,
                g -> {
                    throw mine;
                });
        assertCausedBy(mine, assertThrows(EngineException.class, () -> grad(y, x)));
        NDArray loss = y.sum();
        assertCausedBy(mine, assertThrows(EngineException.class, () -> backward(loss)));
    }

    /** Seconds of the fastest of some rounds of passes. */
    private static double fastest(Runnable pass) {
        double best = Double.MAX_VALUE;
        for (int round = 0; round < 7; round++) {
            long start = System.nanoTime();
            for (int i = 0; i < 100; i++) {
                pass.run();
            }
            best = Math.min(best, (System.nanoTime() - start) / 1e9);
        }
        return best;
    }

    @Test
    void hooksThatAreRemovedCostNothing() {
        NDArray x = leaf(3);
        AtomicInteger calls = new AtomicInteger();
        Runnable pass =
                () -> {
                    try (NDArray y = x.square();
                            NDArray loss = y.sum();
                            NDArray dx = grad(loss, x)) {
                        assertEquals(6, dx.getDouble(0));
                    }
                };
        fastest(pass);
        double before = fastest(pass);
        for (int i = 0; i < 20_000; i++) {
            Autograd.onGradient(
                            x,
                            g -> {
                                calls.incrementAndGet();
                                return null;
                            })
                    .close();
        }
        double after = fastest(pass);
        assertEquals(0, calls.get());
        assertTrue(after < 3 * before, "100 passes took " + before + " s, then " + after + " s");
    }
}
