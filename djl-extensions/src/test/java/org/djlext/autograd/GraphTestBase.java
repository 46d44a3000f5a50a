/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.GradientCollector;
import java.util.function.Function;
import org.djlext.internal.NativeHooks;
import org.djlext.testing.ArrayTest;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * What tests of the graph share: recording is on, no node may be left behind, and the engine's own
 * gradient to compare with.
 */
abstract class GraphTestBase extends ArrayTest {

    private Autograd.Scope recording;
    int nodes;

    @BeforeEach
    void open() {
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

    /** A leaf of normal numbers in float64. */
    NDArray randomLeaf(long... shape) {
        NDArray array = random(shape);
        array.setRequiresGradient(true);
        return array;
    }

    /** The square by the custom function of {@link TestFunctions}. */
    static NDArray square(NDArray x) {
        return TestFunctions.square().apply(x);
    }

    /** A factor as an array: one given as a number lies in memory that the graph does not hold. */
    NDArray factor(double value) {
        return manager.create(value);
    }

    /** A hook that multiplies the gradient of an array. */
    Autograd.Scope times(NDArray array, double factor) {
        NDArray f = factor(factor);
        return Autograd.onGradient(array, g -> g.mul(f));
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

    /** Runs a scalar loss and returns the gradient of x as the engine stores it. */
    NDArray gradient(NDArray x, Function<NDArray, NDArray> loss) {
        NDArray fresh = x.stopGradient().duplicate();
        fresh.setRequiresGradient(true);
        backward(loss.apply(fresh));
        return fresh.getGradient();
    }

    /** Fails unless two scalar losses have the same gradient. */
    void assertSameGradient(
            NDArray x, Function<NDArray, NDArray> custom, Function<NDArray, NDArray> plain) {
        NDArray got = gradient(x, custom);
        NDArray want = gradient(x, plain);
        assertEquals(want.getShape(), got.getShape());
        assertArrayEquals(want.toDoubleArray(), got.toDoubleArray(), 1e-12);
    }

    static void assertValues(NDArray array, double... want) {
        assertArrayEquals(want, array.toDoubleArray(), 1e-12);
    }

    /** Fails if a gradient is stored for a leaf. */
    static void assertNoGradient(NDArray leaf) {
        assertThrows(IllegalStateException.class, () -> Autograd.gradient(leaf));
    }

    /** Fails unless the gradient that is stored for an array has these values. */
    static void assertGradient(NDArray array, double... want) {
        assertValues(Autograd.gradient(array), want);
    }

    /** y = x: the very array that came in is returned. */
    static AutogradFunction identity() {
        return TestFunctions.of((ctx, in) -> new NDList(in.get(0)), (ctx, dy) -> dy);
    }

    /** Fails if neither the exception nor any of its causes is the one that a user has thrown. */
    static void assertCausedBy(Throwable thrown, @Nullable Throwable e) {
        Throwable cause = e;
        while (cause != thrown && cause != null) {
            assertNoTraceOfCpp(cause);
            cause = cause.getCause();
        }
        assertSame(thrown, cause, () -> "not among the causes of " + e);
    }

    static void assertNoTraceOfCpp(Throwable e) {
        String message = String.valueOf(e.getMessage());
        assertFalse(message.contains("frame #"), () -> "a trace of C++ is in: " + message);
    }
}
