/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** A checkpointed part is to the graph around it what the plain one is. */
class CheckpointGraphTest extends GraphTestBase {

    private static void assertGradient(NDArray x, double... want) {
        assertArrayEquals(want, Autograd.gradient(x).toDoubleArray(), 1e-12);
    }

    private static NDArray checkpoint(Function<NDList, NDList> f, NDArray x, NDArray... captured) {
        return Checkpoint.apply(f, new NDList(x), new NDList(captured)).get(0);
    }

    @Test
    void hookOfWhatIsCapturedRunsOnce() {
        NDArray x = leaf(5);
        NDArray w = leaf(2);
        AtomicInteger calls = new AtomicInteger();
        NDArray ten = manager.create(10.0);
        Autograd.onGradient(
                w,
                g -> {
                    calls.incrementAndGet();
                    return g.mul(ten);
                });
        backward(checkpoint(in -> new NDList(in.get(0).mul(w)), x, w).sum());
        assertGradient(w, 50);
        assertGradient(x, 2);
        assertEquals(1, calls.get());
    }

    @Test
    void hookOfACapturedIntermediateSeesTheWholeGradient() {
        NDArray x = leaf(5);
        NDArray w = leaf(2);
        NDArray h = w.square();
        NDArray ten = manager.create(10.0);
        Autograd.onGradient(h, g -> g.mul(ten));
        // Once through the checkpoint, 5, and once around it, 1; then 10 times that, times 2 w.
        backward(checkpoint(in -> new NDList(in.get(0).mul(h)), x, h).add(h).sum());
        assertGradient(w, 240);
    }

    @Test
    void retainedGradientOfACapturedIntermediate() {
        NDArray x = leaf(5);
        NDArray w = leaf(2);
        NDArray h = w.square();
        Autograd.retainGrad(h);
        backward(checkpoint(in -> new NDList(in.get(0).mul(h)), x, h).sum());
        assertGradient(h, 5);
        assertGradient(w, 20);
    }

    @Test
    void hookOfAnInputRunsOnce() {
        NDArray x = leaf(5);
        NDArray ten = manager.create(10.0);
        Autograd.onGradient(x, g -> g.mul(ten));
        backward(checkpoint(in -> new NDList(in.get(0).square()), x).sum());
        assertGradient(x, 100);
    }

    @Test
    void partThatComputesSomethingElseTheSecondTimeIsRefused() {
        NDArray x = leaf(5);
        AtomicInteger calls = new AtomicInteger();
        NDArray otherNumber =
                checkpoint(
                        in -> {
                            NDArray y = in.get(0).square();
                            return calls.incrementAndGet() > 1 ? new NDList(y, y) : new NDList(y);
                        },
                        x);
        assertRefused(otherNumber);
        AtomicInteger more = new AtomicInteger();
        NDArray fewer =
                checkpoint(
                        in -> {
                            NDArray y = in.get(0).square();
                            return more.incrementAndGet() > 1
                                    ? new NDList(y)
                                    : new NDList(y, in.get(0).exp());
                        },
                        x);
        assertRefused(fewer);
        AtomicInteger shapes = new AtomicInteger();
        NDArray otherShape =
                checkpoint(
                        in ->
                                new NDList(
                                        shapes.incrementAndGet() > 1
                                                ? in.get(0).square().sum()
                                                : in.get(0).square()),
                        x);
        assertRefused(otherShape);
    }

    @Test
    void partWhoseValuesChangeIsRefused() {
        NDArray x = leaf(5);
        AtomicInteger calls = new AtomicInteger();
        NDArray y =
                checkpoint(
                        in ->
                                new NDList(
                                        in.get(0)
                                                .square()
                                                .mul(
                                                        manager.create(
                                                                (double) calls.incrementAndGet()))),
                        x);
        assertRefused(y);
    }

    private static void assertRefused(NDArray y) {
        NDArray loss = y.sum();
        assertFailsSaying(RuntimeException.class, () -> backward(loss), "heckpoint");
    }

    @Test
    void checkpointWithoutInputs() {
        NDArray w = leaf(3);
        NDList y = Checkpoint.apply(in -> new NDList(w.square()), new NDList(), new NDList(w));
        backward(y.get(0).sum());
        assertGradient(w, 6);
    }

    @Test
    void checkpointOfNothing() {
        NDArray constant = manager.create(new double[] {3});
        NDList y =
                Checkpoint.apply(in -> new NDList(constant.square()), new NDList(), new NDList());
        assertEquals(9, y.get(0).getDouble(0));
    }

    @Test
    void detachedOutput() {
        NDArray x = leaf(3);
        NDArray y = checkpoint(in -> new NDList(in.get(0).stopGradient()), x);
        backward(y.add(x).sum());
        assertGradient(x, 1);
        NDArray z = leaf(3);
        NDList two =
                Checkpoint.apply(
                        in -> new NDList(in.get(0).stopGradient(), in.get(0).square()),
                        new NDList(z),
                        new NDList());
        backward(two.get(0).add(two.get(1)).sum());
        assertGradient(z, 6);
    }

    @Test
    void partThatReturnsItsInput() {
        NDArray x = leaf(3);
        backward(checkpoint(in -> in, x).square().sum());
        assertGradient(x, 6);
    }
}
