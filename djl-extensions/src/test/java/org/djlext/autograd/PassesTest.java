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
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.djlext.testing.RepeatThreads;
import org.djlext.testing.Threads;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Any number of passes at once: through one kept graph, side by side and within one another; each
 * through its own they are in {@link AutogradFuzzTest}.
 */
class PassesTest extends GraphTestBase {

    @RepeatThreads
    void twentyFourThreadsOnOneKeptGraph() {
        NDArray a = leaf(3, 5);
        NDArray b = leaf(7, 11);
        AutogradFunction slow = TestFunctions.productAndSum(true, dy -> Threads.sleep(2));
        NDList y = slow.apply(new NDList(a, b));
        Threads.run(
                24,
                t -> {
                    for (int i = 0; i < 5; i++) {
                        try (NDManager own = NDManager.newBaseManager()) {
                            double u = 1 + t + 100 * i;
                            double v = 2 + t;
                            NDArray one = own.ones(new Shape(2), DataType.FLOAT64);
                            NDList ups = new NDList(one.mul(own.create(u)), one.mul(own.create(v)));
                            NDList g = Autograd.grad(y, new NDList(a, b), ups, true, false, false);
                            assertValues(g.get(0), 7 * u + v, 11 * u + v);
                            assertValues(g.get(1), 3 * u + v, 5 * u + v);
                            g.close();
                        }
                    }
                });
    }

    @RepeatThreads
    void twoThreadsThatAddToOneLeaf() {
        NDArray x = leaf(1, 1, 1);
        NDArray loss = square(x.mul(factor(2))).sum();
        NDArray one = manager.create(1.0);
        Threads.run(
                2,
                t -> {
                    for (int i = 0; i < 100; i++) {
                        JniUtils.backward((PtNDArray) loss, (PtNDArray) one, true, false);
                    }
                });
        // 200 passes of d (2x)^2 / dx = 8.
        assertGradient(x, 1600, 1600, 1600);
    }

    @RepeatThreads
    void twelveThreadsThatDifferentiateTwice() {
        NDArray x = leaf(3);
        NDArray y = square(square(x));
        Threads.run(
                12,
                t -> {
                    // x^4: 4 x^3 and 12 x^2.
                    try (NDArray g = grad(y, x, true);
                            NDArray h = grad(g, x)) {
                        assertValues(g, 108);
                        assertValues(h, 108);
                    }
                });
    }

    /** y = x^2, whose backward asks for the same gradient again, some levels deep. */
    private static NDArray nested(NDArray x, int levels) {
        AtomicInteger depth = new AtomicInteger();
        NDArray[] y = new NDArray[1];
        AutogradFunction f =
                TestFunctions.of(
                        v -> v.square(),
                        (v, dy) -> {
                            boolean deeper = depth.incrementAndGet() < levels;
                            NDArray inner = deeper ? grad(y[0], x) : v.add(v);
                            assertEquals(2 * v.getDouble(0), inner.getDouble(0));
                            return v.add(v).mul(dy); // reads what was saved after that
                        });
        y[0] = f.apply(x);
        return y[0];
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 12, 59, 61, 150})
    void ruleThatEntersItsOwnKeptNodeAgain(int levels) {
        NDArray x = leaf(3);
        Threads.run(1, t -> assertValues(grad(nested(x, levels), x), 6));
    }

    @RepeatThreads
    void twoThreadsWhosePassesRunThroughEachOthersNode() {
        NDArray x = leaf(3);
        NDArray[] y = new NDArray[2];
        CountDownLatch inside = new CountDownLatch(2);
        ThreadLocal<Boolean> outer = ThreadLocal.withInitial(() -> true);
        for (int k = 0; k < 2; k++) {
            int other = 1 - k;
            AutogradFunction f =
                    TestFunctions.of(
                            v -> v.square(),
                            (v, dy) -> {
                                if (!outer.get()) {
                                    return v.add(v).mul(dy);
                                }
                                outer.set(false);
                                inside.countDown();
                                Threads.await(inside);
                                return grad(y[other], x).mul(dy);
                            });
            y[k] = f.apply(x);
        }
        Threads.run(2, t -> assertValues(grad(y[t], x), 6));
    }

    @RepeatThreads
    void hooksThatAreAddedToOneLeafFromSeveralThreads() {
        NDArray x = leaf(3);
        AtomicInteger calls = new AtomicInteger();
        Threads.run(
                8,
                t -> {
                    for (int i = 0; i < 500; i++) {
                        Autograd.onGradient(
                                x,
                                g -> {
                                    calls.incrementAndGet();
                                    return null;
                                });
                    }
                });
        assertValues(grad(x.square(), x), 6);
        assertEquals(4000, calls.get());
    }

    @RepeatThreads
    void hooksThatComeAndGoWhilePassesRun() {
        NDArray x = leaf(3);
        NDArray y = square(x);
        NDArray two = factor(2);
        Threads.run(
                4,
                t -> {
                    for (int i = 0; i < 50; i++) {
                        if (t == 0) {
                            Autograd.onGradient(y, g -> null).close();
                            Autograd.onGradient(x, g -> null).close();
                        } else {
                            try (NDArray z = y.mul(two);
                                    NDArray g = grad(z, x)) {
                                assertValues(g, 12);
                            }
                        }
                    }
                });
    }

    @RepeatThreads
    void sevenThreadsPredictWhileOneTrains() {
        NDArray w = leaf(1, 2);
        Threads.run(
                8,
                t -> {
                    if (t == 0) {
                        for (int i = 0; i < 200; i++) {
                            Autograd.backward(square(w).sum());
                        }
                        return;
                    }
                    try (NDManager own = NDManager.newBaseManager();
                            Autograd.Scope scope = Autograd.noGrad()) {
                        NDArray x = own.create(new double[] {3, 3, 3, 3, 3});
                        for (int i = 0; i < 500; i++) {
                            assertEquals(45, square(x).sum().getDouble());
                        }
                    }
                });
        // Gradients add up: 200 times 2 w.
        assertGradient(w, 400, 800);
    }

    @RepeatThreads
    void someOfTheThreadsOnOneKeptGraphFail() {
        @SuppressWarnings("ThreadLocalUsage") // of one test
        ThreadLocal<RuntimeException> mine = new ThreadLocal<>();
        AutogradFunction f =
                TestFunctions.of(
                        v -> v.square(),
                        (v, dy) -> {
                            if (mine.get() != null) {
                                throw mine.get();
                            }
                            return v.add(v).mul(dy);
                        });
        NDArray x = leaf(3);
        // The other branch waits in the engine's queue when the first fails.
        NDArray waiting = square(x);
        NDArray y = f.apply(x).add(waiting);
        Threads.run(
                12,
                t -> {
                    if (t % 2 == 0) {
                        mine.set(new IllegalStateException("thread " + t));
                        assertCausedBy(
                                mine.get(), assertThrows(EngineException.class, () -> grad(y, x)));
                        mine.remove();
                    }
                    assertValues(grad(y, x), 12);
                });
    }

    @Test
    void threadsThatEndAfterAFailedPass() throws InterruptedException {
        AutogradFunction failing = TestFunctions.failing(new IllegalStateException("no"));
        int before = ManagementFactory.getThreadMXBean().getThreadCount();
        for (int round = 0; round < 12; round++) {
            Threads.run(
                    25,
                    t -> {
                        try (NDManager own = NDManager.newBaseManager()) {
                            NDArray x = own.create(new double[] {3});
                            x.setRequiresGradient(true);
                            // Older, so it waits in the engine's queue when the other fails.
                            NDArray waiting = square(x);
                            NDArray loss = failing.apply(x).add(waiting);
                            assertThrows(EngineException.class, () -> grad(loss, x));
                        }
                    });
        }
        Thread.sleep(200);
        int after = ManagementFactory.getThreadMXBean().getThreadCount();
        assertTrue(after < before + 20, before + " threads, then " + after);
    }
}
