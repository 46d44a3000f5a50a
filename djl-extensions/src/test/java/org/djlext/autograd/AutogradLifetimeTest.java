/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.djlext.internal.NativeHooks;
import org.djlext.testing.ResidentMemory;
import org.junit.jupiter.api.Test;

/** What is saved lives exactly as long as the graph, and passes leave nothing behind. */
class AutogradLifetimeTest extends GraphTestBase {

    @Test
    void nodeIsFreedWhenTheLastArrayOfTheGraphIsClosed() {
        NDArray x = randomLeaf(3);
        NDArray y = square(x);
        NDArray z = y.mul(2);
        assertEquals(nodes + 1, NativeHooks.liveNodes());
        y.close();
        assertEquals(nodes + 1, NativeHooks.liveNodes());
        z.close();
        assertEquals(nodes, NativeHooks.liveNodes());
    }

    @Test
    void outputSavedForBackwardMakesNoCycle() {
        AutogradFunction exp =
                TestFunctions.of(
                        (ctx, in) -> {
                            NDArray y = in.get(0).exp();
                            ctx.saveForBackward(y, in.get(0), in.get(0).sin());
                            return new NDList(y);
                        },
                        (ctx, dy) -> new NDList(dy.get(0).mul(ctx.saved(0))));
        exp.apply(exp.apply(randomLeaf(3))).close();
        manager.close();
        assertEquals(nodes, NativeHooks.liveNodes());
    }

    @Test
    void whatForwardLeavesBehindIsClosed() {
        NDList temporaries = new NDList();
        AutogradFunction f =
                TestFunctions.of(
                        (ctx, in) -> {
                            NDArray twice = in.get(0).mul(2);
                            temporaries.add(twice);
                            return new NDList(twice.add(1), twice.sum(), in.get(0));
                        },
                        (ctx, dy) -> new NDList(dy.get(0).mul(2)));
        NDArray x = randomLeaf(3);
        int before = manager.getManagedArrays().size();
        NDList plain;
        try (Autograd.Scope scope = Autograd.noGrad()) {
            plain = f.apply(new NDList(x));
        }
        assertTrue(((PtNDArray) temporaries.get(0)).isReleased());
        assertEquals(x.mul(2).add(1), plain.get(0));
        assertEquals(x, plain.get(2));
        NDList outputs = f.apply(new NDList(x));
        assertTrue(((PtNDArray) temporaries.get(1)).isReleased());
        outputs.forEach(y -> assertSame(manager, y.getManager()));
        outputs.forEach(NDArray::close);
        plain.close();
        // What is left are the two arrays of the assertion above.
        assertEquals(before + 2, manager.getManagedArrays().size());
    }

    @Test
    void savedArraysOutliveTheirManagerAndScope() {
        NDArray x = randomLeaf(3);
        NDArray loss;
        try (NDManager sub = manager.newSubManager();
                NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            NDArray h = x.mul(sub.create(2.0));
            h.attach(sub);
            loss = square(h).sum();
            loss.attach(manager);
            NDScope.unregister(loss);
        }
        backward(loss);
        assertEquals(x.mul(8), x.getGradient());
    }

    @Test
    void secondBackwardNeedsTheGraphKept() {
        NDArray x = randomLeaf(3);
        PtNDArray loss = (PtNDArray) square(x).sum();
        PtNDArray one = (PtNDArray) manager.create(1.0);
        JniUtils.backward(loss, one, true, false);
        NDArray first = x.getGradient().duplicate();
        JniUtils.backward(loss, one, false, false);
        assertEquals(first.mul(2), x.getGradient());
        assertFailsSaying(
                EngineException.class,
                () -> JniUtils.backward(loss, one, false, false),
                "second time");
    }

    @Test
    void changingASavedInputInPlaceMakesNoCycle() {
        // An in-place residual: what was saved is overwritten with something that depends on it.
        NDArray x = randomLeaf(3);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector();
                NDManager sub = manager.newSubManager()) {
            NDArray h = x.mul(sub.create(2.0));
            h.attach(sub);
            NDArray y = square(h);
            h.addi(y);
        }
        assertEquals(nodes, NativeHooks.liveNodes());
    }

    @Test
    void arraysThatForwardClosesAfterSavingThem() {
        AutogradFunction f =
                TestFunctions.of(
                        (ctx, in) -> {
                            try (NDArray twice = in.get(0).mul(2);
                                    NDScope scope = new NDScope()) {
                                scope.suppressNotUsedWarning();
                                ctx.saveForBackward(twice, in.get(0).mul(3));
                                NDArray y = in.get(0).mul(6);
                                NDScope.unregister(y);
                                return new NDList(y);
                            }
                        },
                        (ctx, dy) -> {
                            NDList s = ctx.savedTensors();
                            return new NDList(s.get(0).add(s.get(1)).mul(dy.get(0)));
                        });
        NDArray x = randomLeaf(3);
        backward(f.apply(x).sum());
        assertGradient(x, x.mul(5).toDoubleArray());
    }

    @Test
    void longChainIsFreedWithoutBackwardAndWithoutOverflow()
            throws InterruptedException, ExecutionException {
        NDArray x = randomLeaf(3);
        AutogradFunction square = TestFunctions.square();
        FutureTask<Integer> chain =
                new FutureTask<>(
                        () -> {
                            try (GradientCollector c = Engine.getInstance().newGradientCollector();
                                    NDManager sub = manager.newSubManager()) {
                                NDArray y = x.mul(sub.create(0.5));
                                for (int i = 0; i < 20_000; i++) {
                                    NDArray next = square.apply(y);
                                    y.close();
                                    y = next;
                                }
                                int live = NativeHooks.liveNodes();
                                y.close();
                                return live;
                            }
                        });
        // A small stack: to free one node from within the freeing of the next would need more.
        Thread thread = new Thread(null, chain, "small stack", 512 * 1024);
        thread.start();
        assertEquals(nodes + 20_000, chain.get());
        thread.join();
        assertEquals(nodes, NativeHooks.liveNodes());
    }

    /**
     * Saves two arrays of the size of its input. The leaf of the tests below has 64 MiB, because
     * malloc gives back at once only what is larger than 32 MiB.
     */
    private static AutogradFunction saving() {
        return TestFunctions.of(
                (ctx, in) -> {
                    ctx.saveForBackward(in.get(0).mul(2), in.get(0).mul(3));
                    return new NDList(in.get(0).sum());
                },
                (ctx, dy) -> new NDList(ctx.savedTensors().get(0).mul(dy.get(0))));
    }

    @Test
    void backwardItselfFreesWhatWasSaved() throws IOException {
        NDArray x = randomLeaf(2048, 4096);
        NDList kept = new NDList();
        // Not freed, it would be 5 times 128 MiB.
        ResidentMemory.assertFlat(
                3,
                5,
                20,
                i -> {
                    NDArray loss = saving().apply(x);
                    backward(loss);
                    kept.add(loss); // the graph is still referred to
                });
        assertEquals(nodes + 8, NativeHooks.liveNodes());
        kept.forEach(NDArray::close);
    }

    @Test
    void memoryIsBackWhenBackwardNeverRuns() throws IOException {
        NDArray x = randomLeaf(2048, 4096);
        ResidentMemory.assertFlat(3, 5, 20, i -> saving().apply(x).close());
    }

    @Test
    void manyCallsKeepMemoryFlat() throws IOException {
        NDArray x = randomLeaf(32, 16);
        AutogradFunction square = TestFunctions.square();
        // A kilobyte a call would be 39 MiB.
        ResidentMemory.assertFlat(
                20_000,
                40_000,
                10,
                i -> {
                    try (NDManager sub = manager.newSubManager();
                            GradientCollector collector =
                                    Engine.getInstance().newGradientCollector()) {
                        NDArray h = x.mul(x);
                        h.attach(sub);
                        NDArray loss = square.apply(h).sum();
                        if (i % 10 != 0) { // each tenth graph is dropped without backward
                            collector.backward(loss);
                        }
                        if (i % 1000 == 0) {
                            JniUtils.zeroGrad((PtNDArray) x);
                        }
                    }
                });
    }

    /** The product, by a rule that computes both gradients whether they are wanted or not. */
    private static NDArray product(NDArray a, NDArray b) {
        NDList both = TestFunctions.productAndSum(false, dy -> {}).apply(new NDList(a, b));
        both.get(1).close();
        return both.get(0);
    }

    @Test
    void recordedPassForSomeOfTheInputs() {
        NDArray x = leaf(3);
        NDArray w = leaf(5);
        int before = NativeHooks.liveNodes();
        for (int i = 0; i < 100; i++) {
            // The gradient that nobody wants, that of w, depends on the product itself.
            try (NDArray y = product(x, w);
                    NDArray z = square(y);
                    NDArray dx = grad(z, x, true)) {
                assertValues(dx, 150);
            }
        }
        assertEquals(before, NativeHooks.liveNodes());
    }
}
