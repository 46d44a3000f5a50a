/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.function.Function;
import org.djlext.autograd.Functional;
import org.djlext.gradcheck.Check;
import org.djlext.gradcheck.GradCheck;
import org.djlext.gradcheck.GradCheckReport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The forward rules of the operations, held against differences and two backward passes. */
class ForwardModeOfOperationsTest {

    @ParameterizedTest
    @MethodSource("org.djlext.nn.OpCases#all")
    void areThoseOfCentralDifferences(OpCase op) {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDList inputs = OpCase.leaves(op.inputs().apply(manager));
            GradCheckReport report =
                    GradCheck.builder()
                            .optForwardAd(true)
                            .optNondetTol(1e-14)
                            .build()
                            .check(in -> new NDList(op.manual(in)), inputs);
            report.assertPassed();
            assertTrue(report.passed().contains(Check.FORWARD_MODE));
        }
    }

    @ParameterizedTest
    @MethodSource("org.djlext.nn.OpCases#all")
    void areThoseOfTwoBackwardPasses(OpCase op) {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDList all = op.inputs().apply(manager);
            NDList floating = new NDList();
            NDList direction = new NDList();
            for (NDArray input : all) {
                if (input.getDataType().isFloating()) {
                    floating.add(input);
                    direction.add(manager.randomNormal(0, 1, input.getShape(), DataType.FLOAT64));
                }
            }
            Function<NDList, NDList> f =
                    in -> {
                        NDList inputs = new NDList();
                        int next = 0;
                        for (NDArray input : all) {
                            inputs.add(input.getDataType().isFloating() ? in.get(next++) : input);
                        }
                        return new NDList(op.manual(inputs));
                    };
            Functional.Product forward = Functional.jvp(f, floating, direction);
            Functional.Product twice = Functional.jvp(f, floating, direction, true, false);
            assertArrayEquals(
                    twice.product().get(0).toDoubleArray(),
                    forward.product().get(0).toDoubleArray(),
                    1e-11);
        }
    }
}
