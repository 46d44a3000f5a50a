/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** Several threads on one kept graph, of which some fail, hang hooks on it or meet in a rule. */
final class FuzzThreadMisuse {

    private final FuzzMisuse m;

    FuzzThreadMisuse(FuzzMisuse m) {
        this.m = m;
    }

    void addTo(Map<String, Runnable> all) {
        if (m.kinds.has("threads")) {
            all.put("threadsThatFail", this::threadsThatFail);
            all.put("threadsWithHooks", this::threadsWithHooks);
            all.put("threadsThatCross", this::threadsThatCross);
        }
    }

    private int threads() {
        return 2 + m.random.nextInt(m.kinds.has("manyThreads") ? 12 : 3);
    }

    private void threadsThatFail() {
        @SuppressWarnings("ThreadLocalUsage") // of one case
        ThreadLocal<RuntimeException> mine = new ThreadLocal<>();
        AutogradFunction f =
                TestFunctions.square(
                        (ctx, dy) -> {
                            if (mine.get() != null) {
                                throw mine.get();
                            }
                            NDArray s = ctx.savedTensors().get(0);
                            return new NDList(s.add(s).mul(dy.get(0)));
                        });
        // The other branch waits in the engine's queue when the first fails.
        NDArray waiting = TestFunctions.square().apply(m.x);
        NDArray y = f.apply(m.x).add(waiting);
        Threads.run(
                threads(),
                t -> {
                    if (t % 2 == 0) {
                        mine.set(new FuzzKinds.Thrown("thread " + t));
                        m.kinds.checkCause(mine.get(), m.refused(() -> m.grad(y)));
                        mine.remove();
                    }
                    FuzzMisuse.check(m.grad(y), 12, 16);
                });
    }

    private void threadsWithHooks() {
        NDArray y = TestFunctions.square().apply(m.x);
        NDArray two = m.manager.create(2.0);
        Threads.run(
                threads(),
                t -> {
                    for (int i = 0; i < 5; i++) {
                        try (Autograd.Scope hook = Autograd.onGradient(m.x, g -> null);
                                Autograd.Scope other = Autograd.onGradient(y, g -> null)) {
                            FuzzMisuse.check(m.grad(y.mul(two)), 12, 16);
                        }
                    }
                });
    }

    /** Each rule runs a pass through the other's node while both are inside. */
    private void threadsThatCross() {
        NDArray[] y = new NDArray[2];
        CountDownLatch inside = new CountDownLatch(2);
        ThreadLocal<Boolean> outer = ThreadLocal.withInitial(() -> true);
        for (int k = 0; k < 2; k++) {
            int other = 1 - k;
            AutogradFunction f =
                    TestFunctions.square(
                            (ctx, dy) -> {
                                if (outer.get()) {
                                    outer.set(false);
                                    inside.countDown();
                                    Threads.await(inside);
                                    return new NDList(m.grad(y[other]).mul(dy.get(0)));
                                }
                                NDArray s = ctx.savedTensors().get(0);
                                return new NDList(s.add(s).mul(dy.get(0)));
                            });
            y[k] = f.apply(m.x);
        }
        Threads.run(2, t -> FuzzMisuse.check(m.grad(y[t]), 6, 8));
    }
}
