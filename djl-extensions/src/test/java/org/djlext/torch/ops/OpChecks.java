/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.GradientCollector;
import java.util.function.Function;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.testing.FiniteDifferences;

/** Holds an operation against an expression in plain DJL, and against finite differences. */
final class OpChecks {

    private static final Tolerance FLOAT64 = new Tolerance(1e-12, 1e-13);
    private static final Tolerance FLOAT32 = new Tolerance(1e-5, 1e-6);
    private static final Tolerance DIFFERENCES = new Tolerance(1e-6, 1e-8);

    private OpChecks() {}

    /**
     * Checks value, type, shape and gradient in float64 and float32, and the gradient against
     * finite differences. The loss weighs the outputs differently, so that no two can be confused.
     */
    static void check(
            NDList inputs, Function<NDList, NDArray> op, Function<NDList, NDArray> plain) {
        for (DataType type : new DataType[] {DataType.FLOAT64, DataType.FLOAT32}) {
            NDList typed = new NDList();
            inputs.forEach(x -> typed.add(x.toType(type, true)));
            NDArray expected = plain.apply(typed);
            NDArray actual = op.apply(typed);
            assertEquals(expected.getShape(), actual.getShape());
            assertEquals(type, actual.getDataType());
            Tolerance tolerance = type == DataType.FLOAT64 ? FLOAT64 : FLOAT32;
            GradientTable table = new GradientTable(tolerance);
            table.compare("output", actual, expected);
            NDList gradients = gradients(typed, op);
            NDList engine = gradients(typed, plain);
            for (int i = 0; i < typed.size(); i++) {
                table.compare("d input " + i, gradients.get(i), engine.get(i));
            }
            table.assertApproximate();
            if (type == DataType.FLOAT64) {
                differences(typed, op, gradients).assertApproximate();
            }
        }
    }

    /** Compares gradients with finite differences. */
    static GradientTable differences(
            NDList inputs, Function<NDList, NDArray> op, NDList gradients) {
        GradientTable table = new GradientTable(DIFFERENCES);
        for (int i = 0; i < inputs.size(); i++) {
            int changed = i;
            NDArray numerical =
                    FiniteDifferences.gradient(
                            inputs.get(i),
                            x -> {
                                NDList list = new NDList(inputs);
                                list.set(changed, x);
                                return loss(op.apply(list));
                            });
            table.compare("d input " + i, gradients.get(i), numerical);
        }
        return table;
    }

    /** Returns the gradients of the weighted sum of the outputs. */
    static NDList gradients(NDList inputs, Function<NDList, NDArray> op) {
        NDList leaves = new NDList();
        inputs.forEach(x -> leaves.add(x.duplicate()));
        leaves.forEach(x -> x.setRequiresGradient(true));
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            collector.backward(loss(op.apply(leaves)));
        }
        NDList gradients = new NDList();
        leaves.forEach(x -> gradients.add(x.getGradient()));
        return gradients;
    }

    private static NDArray loss(NDArray y) {
        NDManager manager = y.getManager();
        NDArray weights = manager.arange((int) y.size()).add(1).toType(y.getDataType(), false);
        return y.reshape(-1).mul(weights.sin()).sum();
    }
}
