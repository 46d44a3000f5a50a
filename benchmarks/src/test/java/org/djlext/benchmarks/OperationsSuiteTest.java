/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine;

class OperationsSuiteTest {

    @Test
    @EnabledOnOs(OS.LINUX) // whose memory is read
    void quickModeMeasuresOperationsAndPrintsThem() {
        StringWriter printed = new StringWriter();
        CommandLine line = new CommandLine(new OperationsSuite());
        line.setCaseInsensitiveEnumValuesAllowed(true).setOut(new PrintWriter(printed));
        assertEquals(0, line.execute("--quick", "--operation=tanh", "--operation=batch_norm"));
        String table = printed.toString();
        String figures =
                " \\| 32x200( \\| [0-9]+\\.[0-9]+){3} \\([0-9. to]+\\)( \\| [0-9]+){2} \\|\\R(.|\\R)*";
        assertTrue(table.matches("(.|\\R)*\\| tanh" + figures), table);
        assertTrue(table.matches("(.|\\R)*\\| batch norm" + figures), table);
    }

    @ParameterizedTest
    @EnumSource
    void bothVersionsComputeTheSame(OperationCase operation) {
        try (NDManager manager = NDManager.newBaseManager()) {
            manager.getEngine().setRandomSeed(5);
            NDList leaves = operation.inputs(manager, 64, 50);
            NDList byHand = lossAndGradients(manager, leaves, operation::byHand);
            NDList engine = lossAndGradients(manager, leaves, operation::engine);
            for (int i = 0; i < engine.size(); i++) {
                NDArray expected = engine.get(i);
                assertTrue(
                        NDArrays.allClose(expected, byHand.get(i), 1e-3, 1e-4, false),
                        () -> expected + " " + byHand);
            }
        }
    }

    private static NDList lossAndGradients(
            NDManager manager, NDList leaves, Function<NDList, NDArray> operation) {
        NDList results = new NDList();
        NDArray weights;
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray y = operation.apply(leaves);
            results.add(y.duplicate());
            // Not all alike, for the sum of what is normalized does not depend on its input.
            weights = manager.arange((int) y.size()).sin().reshape(y.getShape());
            collector.backward(y.mul(weights).sum());
        }
        for (NDArray leaf : leaves) {
            if (leaf.getDataType().isFloating()) {
                results.add(leaf.getGradient().duplicate());
                leaf.getGradient().subi(leaf.getGradient());
            }
        }
        return results;
    }
}
