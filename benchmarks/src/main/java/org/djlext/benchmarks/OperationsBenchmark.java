/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Forward and backward of each operation with a hand-written backward, beside that of the engine's
 * own operations. Run it by {@link OperationsSuite}.
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH sets the parameters and calls the set-up
public class OperationsBenchmark {

    /** The operation; empty means all. */
    @Param OperationCase operation;

    /** Rows and columns. */
    @Param({"32x200", "4096x1024"})
    String size;

    private NDManager manager;
    private NDList leaves;

    /** Constructor for JMH. */
    public OperationsBenchmark() {}

    /** Draws the inputs. */
    @Setup
    public void setUp() {
        String[] sides = size.split("x", 2);
        manager = NDManager.newBaseManager();
        leaves = operation.inputs(manager, Integer.parseInt(sides[0]), Integer.parseInt(sides[1]));
    }

    /** Frees the inputs. */
    @TearDown
    public void tearDown() {
        manager.close();
    }

    /** The hand-written backward. */
    @Benchmark
    public void byHand() {
        GradientStep.run(manager, leaves, in -> operation.byHand(in).sum());
    }

    /** The engine's. */
    @Benchmark
    public void engine() {
        GradientStep.run(manager, leaves, in -> operation.engine(in).sum());
    }
}
