/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.function.Function;
import org.djlext.internal.NativeHooks;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * What tests of the graph share: a seed, recording is on, no node may be left behind, and the
 * engine's own gradient to compare with.
 */
abstract class GraphTestBase {

    NDManager manager;
    private Autograd.Scope recording;
    int nodes;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
        Engine.getInstance().setRandomSeed(11);
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

    /** A leaf of normal numbers. */
    NDArray random(DataType type, long... shape) {
        NDArray array = manager.randomNormal(0, 1, new Shape(shape), type);
        array.setRequiresGradient(true);
        return array;
    }

    NDArray random(long... shape) {
        return random(DataType.FLOAT64, shape);
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

    /** y = x: the very array that came in is returned. */
    static AutogradFunction identity() {
        return TestFunctions.of((ctx, in) -> new NDList(in.get(0)), (ctx, dy) -> dy);
    }

    /**
     * Fails if neither the exception nor any of its causes is the one that user code has thrown.
     */
    static void assertCausedBy(Throwable thrown, @Nullable Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            assertNoTraceOfCpp(cause);
            if (cause == thrown) {
                return;
            }
        }
        throw new AssertionError(thrown + " is not among the causes of " + e, e);
    }

    static void assertNoTraceOfCpp(Throwable e) {
        String message = String.valueOf(e.getMessage());
        assertFalse(message.contains("frame #"), () -> "a trace of C++ is in: " + message);
    }
}
