/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.djlext.testing.RepeatThreads;

/** The same function from several threads at once. */
class AutogradThreadsTest extends GraphTestBase {

    private static final int THREADS = 8;

    private final AutogradFunction square = TestFunctions.square();

    @RepeatThreads
    void eightThreadsEachWithAGraphOfItsOwn() {
        Threads.run(
                THREADS,
                t -> {
                    for (int i = 0; i < 200; i++) {
                        try (NDManager own = NDManager.newBaseManager()) {
                            NDArray x = own.create(new double[] {t, -t});
                            x.setRequiresGradient(true);
                            Autograd.backward(square.apply(square.apply(x)).sum());
                            assertValues(Autograd.gradient(x), 4.0 * t * t * t, -4.0 * t * t * t);
                        }
                    }
                });
    }

    @RepeatThreads
    void sevenThreadsPredictWhileOneTrains() {
        NDArray w = leaf(1, 2);
        Threads.run(
                THREADS,
                t -> {
                    if (t == 0) {
                        for (int i = 0; i < 200; i++) {
                            Autograd.backward(square.apply(w).sum());
                        }
                        return;
                    }
                    try (NDManager own = NDManager.newBaseManager();
                            Autograd.Scope scope = Autograd.noGrad()) {
                        NDArray x = own.create(new double[] {3, 3, 3, 3, 3});
                        for (int i = 0; i < 500; i++) {
                            assertEquals(45, square.apply(x).sum().getDouble());
                        }
                    }
                });
        // Gradients add up: 200 times 2 w.
        assertValues(Autograd.gradient(w), 400, 800);
    }
}
