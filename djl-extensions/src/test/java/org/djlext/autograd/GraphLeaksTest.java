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
import java.io.IOException;
import java.lang.management.ManagementFactory;
import org.djlext.internal.NativeHooks;
import org.djlext.testing.ResidentMemory;
import org.junit.jupiter.api.Test;

/** What passes leave behind: nothing. */
class GraphLeaksTest extends GraphTestBase {

    /** y = a b, whose rule computes both gradients whether they are wanted or not. */
    private static AutogradFunction product() {
        return TestFunctions.of(
                (ctx, in) -> {
                    ctx.saveForBackward(in.get(0), in.get(1));
                    return new NDList(in.get(0).mul(in.get(1)));
                },
                (ctx, dy) -> {
                    NDList s = ctx.savedTensors();
                    return new NDList(dy.get(0).mul(s.get(1)), dy.get(0).mul(s.get(0)));
                });
    }

    @Test
    void recordedPassForSomeOfTheInputs() {
        NDArray x = leaf(3);
        NDArray w = leaf(5);
        int before = NativeHooks.liveNodes();
        for (int i = 0; i < 100; i++) {
            // The gradient that nobody wants, that of w, depends on the product itself.
            try (NDArray y = product().apply(x, w);
                    NDArray z = TestFunctions.square().apply(y);
                    NDArray dx = grad(z, x, true)) {
                assertValues(dx, 150);
            }
        }
        assertEquals(before, NativeHooks.liveNodes());
    }

    @Test
    void productWithAHessianBesideALargeWeight() throws IOException {
        ResidentMemory.assumeKnown();
        NDArray w = manager.ones(new Shape(100_000), DataType.FLOAT64);
        w.setRequiresGradient(true);
        int before = NativeHooks.liveNodes();
        double start = 0;
        for (int i = 0; i < 300; i++) {
            try (NDManager sub = manager.newSubManager()) {
                NDArray x = sub.ones(new Shape(100_000), DataType.FLOAT64);
                Functional.Product p =
                        Functional.hvp(
                                in -> {
                                    NDArray y = product().apply(in.get(0), w);
                                    return new NDList(TestFunctions.square().apply(y).sum());
                                },
                                new NDList(x),
                                new NDList(x));
                p.outputs().attach(sub);
                p.product().attach(sub);
                assertEquals(2, p.product().get(0).getDouble(7));
            }
            if (i == 50) {
                start = ResidentMemory.mebibytes();
            }
        }
        double grown = ResidentMemory.mebibytes() - start;
        assertEquals(before, NativeHooks.liveNodes());
        // One array of each call kept would be 190 MiB.
        assertTrue(grown < 60, "grew by " + grown + " MiB");
    }

    @Test
    void threadsThatEndAfterAFailedPass() throws InterruptedException {
        AutogradFunction failing =
                TestFunctions.of(
                        (ctx, in) -> new NDList(in.get(0).square()),
                        (ctx, dy) -> {
                            throw new IllegalStateException("no");
                        });
        int before = ManagementFactory.getThreadMXBean().getThreadCount();
        for (int round = 0; round < 12; round++) {
            Threads.run(
                    25,
                    t -> {
                        try (NDManager own = NDManager.newBaseManager()) {
                            NDArray x = own.create(new double[] {3});
                            x.setRequiresGradient(true);
                            // Older, so it waits in the engine's queue when the other fails.
                            NDArray waiting = TestFunctions.square().apply(x);
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
