/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import org.djlext.testing.RepeatThreads;
import org.djlext.testing.ResidentMemory;
import org.djlext.testing.Threads;
import org.junit.jupiter.api.Test;

/** Memory, threads, and closing. */
class TorchScriptLifetimeTest extends ScriptTest {

    private static final String SOURCE =
            """
            def forward(arrays: List[Tensor], scale: float, bias: Optional[Tensor], name: str):
                assert len(name) == 4, "four"
                y = arrays[0] * arrays[1]
                return (y * scale).tanh(), [y, bias], 1.5
            """;

    @Test
    void memoryIsFlatOverManyCalls() throws IOException {
        NDArray x = manager.randomNormal(new Shape(16, 16));
        NDArray w = manager.randomNormal(new Shape(16, 16));
        x.setRequiresGradient(true);
        TorchScript script = script(SOURCE);
        // One array of a kilobyte left behind by each call would be 50 MiB.
        ResidentMemory.assertFlat(10_000, 50_000, 20, i -> call(script, x, w, i));
    }

    private static void call(TorchScript script, NDArray x, NDArray w, int i) {
        NDList arrays = new NDList(x, w);
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            if (i % 10 == 0) {
                try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                    collector.backward(script.call(arrays, 2, null, "four").get(0).sum());
                }
            } else {
                script.call(arrays, 2, i % 2 == 0 ? w : null, "four");
            }
            if (i % 100 == 0) {
                assertThrows(
                        TorchScriptException.class, () -> script.call(arrays, 2, null, "three"));
            }
        }
    }

    @Test
    void memoryIsFlatOverScriptsThatAreClosed() throws IOException {
        NDList ones = new NDList(manager.ones(new Shape(2)), manager.ones(new Shape(2)));
        // One left open is about 100 kB, so all 1,000 would be 100 MiB.
        ResidentMemory.assertFlat(
                500,
                1_000,
                20,
                i -> {
                    try (TorchScript script = TorchScript.compile(SOURCE);
                            NDScope scope = new NDScope()) {
                        scope.suppressNotUsedWarning();
                        script.call(ones, 2, null, "four");
                    }
                });
    }

    @Test
    void graphAndResultsOutliveTheScript() {
        NDArray x = manager.create(new float[] {1, 2});
        x.setRequiresGradient(true);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray y;
            try (TorchScript script = TorchScript.compile("def f(x):\n    return x * x * x\n")) {
                y = script.callForArray(x);
            }
            assertArrayEquals(new float[] {1, 8}, y.toFloatArray());
            collector.backward(y.sum());
        }
        assertArrayEquals(new float[] {3, 12}, x.getGradient().toFloatArray());
    }

    @RepeatThreads
    void threadsCallTheSameScriptUntilItIsClosed() {
        TorchScript script =
                TorchScript.compile(
                        """
                        def forward(x, n: int):
                            for i in range(n):
                                x = x + 1
                            return x
                        """);
        CountDownLatch called = new CountDownLatch(8);
        Threads.run(
                9,
                t -> {
                    if (t < 8) {
                        callUntilClosed(script, t, called);
                        return;
                    }
                    called.await();
                    Thread.sleep(20);
                    script.close();
                });
    }

    private static void callUntilClosed(TorchScript script, int start, CountDownLatch called) {
        try (NDManager own = NDManager.newBaseManager()) {
            NDArray x = own.full(new Shape(3), (float) start);
            for (int calls = 0; ; calls++) {
                try (NDArray y = script.callForArray(x, calls % 50)) {
                    assertEquals(start + calls % 50, y.getFloat(2));
                    if (calls == 0) {
                        called.countDown();
                    }
                } catch (IllegalStateException e) {
                    assertEquals(
                            "the script with forward is closed and cannot be called",
                            e.getMessage());
                    return;
                }
            }
        }
    }
}
