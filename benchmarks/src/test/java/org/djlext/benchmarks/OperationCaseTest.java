/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.function.Function;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The operations that are measured, by hand and by the engine. */
class OperationCaseTest extends ArrayTest {

    @ParameterizedTest
    @EnumSource
    void bothVersionsComputeTheSame(OperationCase operation) {
        NDList leaves = operation.inputs(manager, 64, 50);
        NDList byHand = GradientStep.gradients(manager, leaves, weighted(operation::byHand));
        NDList engine = GradientStep.gradients(manager, leaves, weighted(operation::engine));
        for (int i = 0; i < engine.size(); i++) {
            NDArray expected = engine.get(i);
            assertTrue(
                    expected.allClose(byHand.get(i), 1e-3, 1e-4, false),
                    () -> expected + " " + byHand);
        }
        assertTrue(
                operation.engine(leaves).allClose(operation.byHand(leaves), 1e-3, 1e-4, false),
                "the output");
    }

    /** Not all alike, for the sum of what is normalized does not depend on its input. */
    private static Function<NDList, NDArray> weighted(Function<NDList, NDArray> operation) {
        return in -> {
            NDArray y = operation.apply(in);
            return y.mul(y.getManager().arange((int) y.size()).sin().reshape(y.getShape())).sum();
        };
    }
}
