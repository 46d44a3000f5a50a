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
import ai.djl.ndarray.types.DataType;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operation is differentiated twice by its own backward, and forward by its own rule. */
class DerivativesTest extends ArrayTest {

    static final int ROWS = 12;
    private static final double EPS = 1e-5;

    // x (N, F), labels (N); w1, b1, gamma, beta, w2, b2, scale, shift, w3, b3
    static final long[][] PARAMETERS = {{6, 8}, {8}, {8}, {8}, {8, 8}, {8}, {8}, {8}, {8, 3}, {3}};

    @ParameterizedTest
    @MethodSource("org.djlext.nn.OpCases#all")
    void secondDerivativesAreTheEngines(OpCase op) {
        NDList inputs = op.inputs().apply(manager);
        assertSecond(op::manual, op::engine, inputs, Gradients.upstream(op.engine(inputs)));
    }

    /** Also with a collection while the engine holds the graph of the first gradients. */
    private static void assertSecond(
            Function<NDList, NDArray> manual,
            Function<NDList, NDArray> engine,
            NDList inputs,
            NDArray upstream) {
        NDList want = second(engine, inputs, upstream, () -> {});
        for (Runnable between : List.<Runnable>of(() -> {}, DerivativesTest::overwriteGarbage)) {
            NDList got = second(manual, inputs, upstream, between);
            GradientTable table = new GradientTable(new Tolerance(1e-8, 1e-11));
            for (int i = 0; i < want.size(); i++) {
                table.compare("d2x" + i, got.get(i), want.get(i));
            }
            table.assertApproximate();
        }
    }

    /** Of a network, as training with a penalty on the gradient of the input needs them. */
    @Test
    void secondDerivativesOfANetworkAreTheEngines() {
        NDList inputs = new NDList(random(ROWS, 6), manager.arange(0, ROWS, 1, DataType.INT64));
        inputs.set(1, inputs.get(1).mod(3));
        for (long[] shape : PARAMETERS) {
            inputs.add(random(shape).div(Math.sqrt((double) shape[0])));
        }
        assertSecond(DerivativesTest::byHand, DerivativesTest::plain, inputs, manager.create(1.0));
    }

    static NDArray byHand(NDList in) {
        List<NDArray> p = in.subList(2, in.size());
        LinearFunction linear = new LinearFunction();
        NDArray h = linear.apply(in.get(0), p.get(0), p.get(1));
        h = new BatchNormFunction(EPS, 1).apply(new NDList(h, p.get(2), p.get(3))).get(0);
        h = new TanhFunction().apply(h);
        h = linear.apply(h, p.get(4), p.get(5));
        h = new GeluFunction().apply(h);
        h = new LayerNormFunction(EPS).apply(h, p.get(6), p.get(7));
        h = new CausalAttentionFunction().apply(h, h, h);
        NDArray logits = linear.apply(h, p.get(8), p.get(9));
        return new CrossEntropyFunction().apply(logits, in.get(1));
    }

    static NDArray plain(NDList in) {
        List<NDArray> p = in.subList(2, in.size());
        NDArray h = in.get(0).matMul(p.get(0)).add(p.get(1));
        NDArray diff = h.sub(h.mean(new int[] {0}, true));
        NDArray var = diff.square().sum(new int[] {0}, true).div(ROWS - 1);
        h = diff.div(var.add(EPS).sqrt()).mul(p.get(2)).add(p.get(3)).tanh();
        h = h.matMul(p.get(4)).add(p.get(5));
        NDArray inner = h.pow(3).mul(0.044715).add(h).mul(Math.sqrt(2 / Math.PI));
        h = inner.tanh().add(1).mul(h).div(2);
        diff = h.sub(h.mean(new int[] {1}, true));
        var = diff.square().mean(new int[] {1}, true);
        h = diff.div(var.add(EPS).sqrt()).mul(p.get(6)).add(p.get(7));
        h = SequenceCases.attention(new NDList(h, h, h));
        NDArray logits = h.matMul(p.get(8)).add(p.get(9));
        return logits.logSoftmax(1).gather(in.get(1).reshape(-1, 1), 1).mean().neg();
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
        NDList leaves = Gradients.floating(arguments);
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
        NDList floating = Gradients.floating(all);
        NDList direction = new NDList();
        floating.forEach(input -> direction.add(random(input.getShape().getShape())));
        Function<NDList, NDList> f = in -> new NDList(op.manual(Gradients.replaced(all, in)));
        Functional.Product forward = Functional.jvp(f, floating, direction);
        Functional.Product twice =
                Functional.jvp(f, floating, direction, Functional.Option.CREATE_GRAPH);
        assertArrayEquals(
                twice.product().get(0).toDoubleArray(),
                forward.product().get(0).toDoubleArray(),
                1e-11);
    }
}
