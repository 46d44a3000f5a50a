/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import org.djlext.internal.NativeHooks;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What tests of the graph share: recording is on, and no node may be left behind. */
abstract class GraphTestBase {

    NDManager manager;
    private Autograd.Scope recording;
    int nodes;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
        nodes = NativeHooks.liveNodes();
        recording = Autograd.enableGrad();
    }

    @AfterEach
    void close() {
        recording.close();
        manager.close();
        assertEquals(nodes, NativeHooks.liveNodes(), "nodes left behind");
    }

    NDArray leaf(double... values) {
        NDArray x = manager.create(values);
        x.setRequiresGradient(true);
        return x;
    }

    /** A factor as an array: one given as a number lies in memory that the graph does not hold. */
    NDArray factor(double value) {
        return manager.create(value);
    }

    /** The gradient of the sum of y by x; the graph is kept. */
    static NDArray grad(NDArray y, NDArray x) {
        return grad(y, x, false);
    }

    static NDArray grad(NDArray y, NDArray x, boolean createGraph) {
        return grad(y, x, y.onesLike(), createGraph);
    }

    static NDArray grad(NDArray y, NDArray x, NDArray upstream, boolean createGraph) {
        NDList v = new NDList(upstream);
        return Autograd.grad(new NDList(y), new NDList(x), v, true, createGraph, false).get(0);
    }

    static void backward(NDArray y) {
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            collector.backward(y);
        }
    }

    static void assertValues(NDArray array, double... want) {
        assertArrayEquals(want, array.toDoubleArray(), 1e-12);
    }

    /** y = x: the very array that came in is returned. */
    static AutogradFunction identity() {
        return TestFunctions.of((ctx, in) -> new NDList(in.get(0)), (ctx, dy) -> dy);
    }

    /**
     * Fails if neither the exception nor any of its causes is the one that user code has thrown.
     */
    static void assertCausedBy(Throwable thrown, @Nullable Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            assertTrue(
                    !String.valueOf(cause.getMessage()).contains("frame #"),
                    "a trace of C++ is in the message: " + cause.getMessage());
            if (cause == thrown) {
                return;
            }
        }
        throw new AssertionError(thrown + " is not among the causes of " + e, e);
    }
}
