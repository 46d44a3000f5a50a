/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import java.util.function.Function;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Functions that save inputs alone are differentiated twice, by their own backward. */
class SecondDerivativesTest {

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
        Engine.getInstance().setRandomSeed(7);
    }

    @AfterEach
    void close() {
        // A gradient that has a graph keeps its leaf, and that the gradient: the engine never frees
        // these few nodes.
        manager.close();
    }

    @ParameterizedTest
    @MethodSource("org.djlext.nn.OpCases#twiceDifferentiable")
    void areTheEngines(OpCase op) {
        NDList inputs = op.inputs().apply(manager);
        NDArray upstream = OpCase.upstream(op.engine(inputs));
        NDList manual = second(op::manual, inputs, upstream);
        NDList engine = second(op::engine, inputs, upstream);
        GradientTable table = new GradientTable(new Tolerance(1e-8, 1e-11));
        for (int i = 0; i < engine.size(); i++) {
            table.compare("d2x" + i, manual.get(i), engine.get(i));
        }
        table.assertApproximate();
    }

    @Test
    void throughSavedIntermediatesAreRefused() {
        OpCase op = OpCases.labelSmoothing();
        NDList inputs = op.inputs().apply(manager);
        Exception e =
                assertThrows(
                        EngineException.class,
                        () -> second(op::manual, inputs, manager.create(1.0)));
        assertTrue(
                String.valueOf(e.getMessage())
                        .contains("is not an input, and backward cannot be differentiated"),
                e.getMessage());
    }

    /** First gradients plus the gradients of the sum of their squares. */
    private NDList second(Function<NDList, NDArray> function, NDList inputs, NDArray upstream) {
        NDList leaves = OpCase.leaves(inputs);
        leaves.removeIf(leaf -> !leaf.getDataType().isFloating());
        NDList arguments = new NDList(inputs);
        for (int i = 0; i < leaves.size(); i++) {
            arguments.set(i, leaves.get(i));
        }
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            // Squared, so that the first gradients of linear functions depend on the inputs too.
            NDArray y = function.apply(arguments);
            PtNDArray loss = (PtNDArray) y.mul(y).mul(upstream).sum();
            JniUtils.backward(loss, (PtNDArray) manager.create(1.0), true, true);
            NDArray squares = manager.create(0.0);
            for (NDArray leaf : leaves) {
                NDArray gradient = leaf.getGradient();
                squares = squares.add(gradient.mul(gradient).sum());
            }
            collector.backward(squares);
        }
        NDList results = new NDList();
        leaves.forEach(leaf -> results.add(leaf.getGradient().stopGradient()));
        return results;
    }
}
