/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What it costs to call at all: an operation of the engine, a function of a script, and the node of
 * an operation of one's own, all on 32 x 200 numbers. Run it by {@link OperationsSuite}.
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up
public class CallsBenchmark {

    private final NodeCost.Identity identity = new NodeCost.Identity();
    private NDManager manager;
    private NDArray x;
    private NDList leaves;
    private ScriptFunction neg;

    /** Constructor for JMH. */
    public CallsBenchmark() {}

    /** Draws the input and compiles the script. */
    @Setup
    public void setUp() {
        manager = NDManager.newBaseManager();
        x = manager.randomNormal(0, 1, new Shape(32, 200), DataType.FLOAT32);
        NDArray leaf = x.duplicate();
        leaf.setRequiresGradient(true);
        leaves = new NDList(leaf);
        neg =
                TorchScript.compile(
                                """
                                def negative(x):
                                    return -x
                                """)
                        .function("negative");
    }

    /** Frees the input. */
    @TearDown
    public void tearDown() {
        manager.close();
    }

    /** -x by the engine. */
    @Benchmark
    public void engineOperation() {
        x.neg().close();
    }

    /** -x by a script. */
    @Benchmark
    public void scriptCall() {
        neg.callForArray(x).close();
    }

    /** -x by the engine while gradients are recorded, with the collector. */
    @Benchmark
    public void engineOperationRecorded() {
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            leaves.get(0).neg().close();
        }
    }

    /** -x by a script while gradients are recorded, with the collector. */
    @Benchmark
    public void scriptCallRecorded() {
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            neg.callForArray(leaves.get(0)).close();
        }
    }

    /** Forward and backward of a sum. */
    @Benchmark
    public void stepWithoutNode() {
        GradientStep.run(manager, leaves, in -> in.get(0).sum());
    }

    /** Forward and backward of a sum behind an operation of one's own that does nothing. */
    @Benchmark
    public void stepWithNode() {
        GradientStep.run(manager, leaves, in -> identity.apply(in).get(0).sum());
    }
}
