/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.GradientCollector;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.djlext.autograd.Autograd;
import org.djlext.autograd.Functional;
import org.djlext.gradcheck.Check;
import org.djlext.gradcheck.GradCheck;
import org.djlext.gradcheck.GradCheckReport;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.testing.ArrayTest;
import org.djlext.testing.Gradients;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operation is differentiated twice by its own backward, and forward by its own rule. */
class DerivativesTest extends ArrayTest {

    @ParameterizedTest
    @MethodSource("org.djlext.nn.OpCases#all")
    void secondDerivativesAreTheEngines(OpCase op) {
        NDList inputs = op.inputs().apply(manager);
        NDArray upstream = Gradients.upstream(op.engine(inputs));
        // Twice: once with a collection while the engine holds the graph of the first gradients.
        compare(inputs, second(op::manual, inputs, upstream, () -> {}), op, upstream);
        compare(
                inputs,
                second(op::manual, inputs, upstream, DerivativesTest::overwriteGarbage),
                op,
                upstream);
    }

    private static void compare(NDList inputs, NDList manual, OpCase op, NDArray upstream) {
        NDList engine = second(op::engine, inputs, upstream, () -> {});
        GradientTable table = new GradientTable(new Tolerance(1e-8, 1e-11));
        for (int i = 0; i < engine.size(); i++) {
            table.compare("d2x" + i, manual.get(i), engine.get(i));
        }
        table.assertApproximate();
    }

    /** Collects what is garbage, and writes where its numbers were. */
    private static void overwriteGarbage() {
        System.gc();
        try {
            Thread.sleep(5);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        List<ByteBuffer> buffers = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            buffers.add(ByteBuffer.allocateDirect(Double.BYTES).putDouble(0, 7e77));
        }
        assertEquals(7e77, buffers.get(0).getDouble(0));
    }

    @ParameterizedTest
    @MethodSource("org.djlext.nn.OpCases#all")
    void secondDerivativesAreThoseOfFiniteDifferences(OpCase op) {
        NDList inputs = Gradients.leaves(op.inputs().apply(manager));
        // Products of matrices round by where in memory their operands lie.
        GradCheck check =
                GradCheck.builder().optFast(inputs.size() > 5).optNondetTol(1e-14).build();
        check.gradGradCheck(in -> new NDList(op.manual(in)), inputs).assertPassed();
    }

    /** The gradients of the sum of the squares of the gradients. */
    private static NDList second(
            Function<NDList, NDArray> function, NDList inputs, NDArray upstream, Runnable between) {
        NDList arguments = Gradients.leaves(inputs);
        NDList leaves = new NDList(arguments);
        leaves.removeIf(leaf -> !leaf.getDataType().isFloating());
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            // Squared, so that the first gradients of linear functions depend on the inputs too.
            NDArray y = function.apply(arguments);
            NDList loss = new NDList(y.mul(y).mul(upstream).sum());
            NDList one = new NDList(loss.head().onesLike());
            NDList first = Autograd.grad(loss, leaves, one, true, true, false);
            NDArray squares = loss.head().zerosLike();
            for (NDArray gradient : first) {
                squares = squares.add(gradient.mul(gradient).sum());
            }
            between.run();
            return Autograd.grad(new NDList(squares), leaves);
        }
    }

    @ParameterizedTest
    @MethodSource("org.djlext.nn.OpCases#all")
    void forwardModeIsThatOfCentralDifferences(OpCase op) {
        NDList inputs = Gradients.leaves(op.inputs().apply(manager));
        GradCheckReport report =
                GradCheck.builder()
                        .optForwardAd(true)
                        .optNondetTol(1e-14)
                        .build()
                        .check(in -> new NDList(op.manual(in)), inputs);
        report.assertPassed();
        assertTrue(report.passed().contains(Check.FORWARD_MODE));
    }

    @ParameterizedTest
    @MethodSource("org.djlext.nn.OpCases#all")
    void forwardModeIsTwoBackwardPasses(OpCase op) {
        NDList all = op.inputs().apply(manager);
        NDList floating = new NDList();
        NDList direction = new NDList();
        for (NDArray input : all) {
            if (input.getDataType().isFloating()) {
                floating.add(input);
                direction.add(random(input.getShape().getShape()));
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
        Functional.Product twice =
                Functional.jvp(f, floating, direction, Functional.Option.CREATE_GRAPH);
        assertArrayEquals(
                twice.product().get(0).toDoubleArray(),
                forward.product().get(0).toDoubleArray(),
                1e-11);
    }
}
