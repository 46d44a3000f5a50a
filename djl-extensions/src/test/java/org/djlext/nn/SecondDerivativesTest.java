/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.GradientCollector;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.djlext.autograd.Autograd;
import org.djlext.autograd.AutogradFunction;
import org.djlext.gradcheck.GradCheck;
import org.djlext.gradcheck.GradientTable;
import org.djlext.gradcheck.Tolerance;
import org.djlext.testing.ArrayTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operation is differentiated twice, by its own backward. */
class SecondDerivativesTest extends ArrayTest {

    @ParameterizedTest
    @MethodSource("org.djlext.nn.OpCases#all")
    void areTheEngines(OpCase op) {
        NDList inputs = op.inputs().apply(manager);
        NDArray upstream = OpCase.upstream(op.engine(inputs));
        // Twice: once with a collection while the engine holds the graph of the first gradients.
        compare(inputs, second(op::manual, inputs, upstream, () -> {}), op, upstream);
        compare(
                inputs,
                second(op::manual, inputs, upstream, SecondDerivativesTest::overwriteGarbage),
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
    void areThoseOfFiniteDifferences(OpCase op) {
        NDList inputs = OpCase.leaves(op.inputs().apply(manager));
        // Products of matrices round by where in memory their operands lie.
        GradCheck check =
                GradCheck.builder().optFast(inputs.size() > 5).optNondetTol(1e-14).build();
        check.gradGradCheck(in -> new NDList(op.manual(in)), inputs).assertPassed();
    }

    @Test
    void throughSavedIntermediatesAreRefused() {
        AutogradFunction square =
                OpCase.twin(
                        (ctx, in) -> {
                            ctx.saveForBackward(in.get(0).mul(2));
                            return new NDList(in.get(0).square());
                        },
                        (ctx, dy) -> new NDList(dy.get(0).mul(ctx.saved(0))));
        NDList inputs = new NDList(manager.create(new double[] {1, 2}));
        NDArray upstream = manager.create(1.0);
        assertFailsSaying(
                EngineException.class,
                () -> second(in -> square.apply(in).get(0), inputs, upstream, () -> {}),
                "a saved tensor is neither an input nor an output");
    }

    /** The gradients of the sum of the squares of the gradients. */
    private static NDList second(
            Function<NDList, NDArray> function, NDList inputs, NDArray upstream, Runnable between) {
        NDList arguments = OpCase.leaves(inputs);
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
}
