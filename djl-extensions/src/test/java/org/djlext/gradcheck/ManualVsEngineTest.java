/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.core.Linear;
import ai.djl.training.loss.Loss;
import java.util.List;
import org.djlext.autograd.AutogradFunction;
import org.djlext.nn.BatchNorm;
import org.djlext.nn.BatchNormFunction;
import org.djlext.nn.CrossEntropyLoss;
import org.junit.jupiter.api.Test;

class ManualVsEngineTest extends SeededTest {

    private static final ManualVsEngine TIGHT = new ManualVsEngine(new Tolerance(1e-9, 1e-12), 3);

    private static List<String> names(GradientTable table) {
        return table.rows().stream().map(GradientComparison::name).toList();
    }

    @Test
    void functionAgainstExpression() {
        GradientTable table =
                TIGHT.compare(
                        new BatchNormFunction(0, 0),
                        in -> {
                            NDArray x = in.get(0);
                            NDArray mean = x.mean(new int[] {0}, true);
                            NDArray var = x.sub(mean).square().mean(new int[] {0}, true);
                            NDArray y = x.sub(mean).div(var.sqrt()).mul(in.get(1)).add(in.get(2));
                            return new NDList(
                                    y,
                                    mean.stopGradient().squeeze(0),
                                    var.stopGradient().squeeze(0));
                        },
                        leaf(6, 4),
                        leaf(4),
                        leaf(4));
        table.assertApproximate();
        assertEquals(
                List.of(
                        "output 0",
                        "output 1",
                        "output 2",
                        "input 0 (x)",
                        "input 1 (gamma)",
                        "input 2 (beta)"),
                names(table));
    }

    @Test
    void wrongRuleShowsInItsRow() {
        AutogradFunction wrong =
                Rules.product((dy, s) -> new NDList(dy.mul(s.get(1)), dy.mul(s.get(0)).neg()));
        GradientTable table =
                TIGHT.compare(wrong, in -> new NDList(in.get(0).mul(in.get(1))), leaf(3), leaf(3));
        assertEquals(
                List.of(true, true, false),
                table.rows().stream().map(GradientComparison::approximate).toList());
        assertThrows(AssertionError.class, table::assertApproximate);
    }

    @Test
    void intermediatesInTheGraphAndByHand() {
        // tanh(x w): the gradient of h = x w is handed over from inside the rule.
        GradientTable table =
                TIGHT.compare(
                        (in, trace) -> {
                            AutogradFunction f =
                                    Rules.of(
                                            (ctx, xw) -> {
                                                NDArray y = xw.get(0).mul(xw.get(1)).tanh();
                                                ctx.saveForBackward(xw.get(0), xw.get(1), y);
                                                return new NDList(y);
                                            },
                                            (ctx, dy) -> {
                                                NDList s = ctx.savedTensors();
                                                NDArray y = s.get(2);
                                                NDArray dh = dy.get(0).mul(y.mul(y).neg().add(1));
                                                trace.gradient("h", dh);
                                                return new NDList(
                                                        dh.mul(s.get(1)), dh.mul(s.get(0)));
                                            });
                            NDArray y = trace.keep("y", f.apply(in.get(0), in.get(1)));
                            return new NDList(y.mul(y));
                        },
                        (in, trace) -> {
                            NDArray h = trace.keep("h", in.get(0).mul(in.get(1)));
                            NDArray y = trace.keep("y", h.tanh());
                            return new NDList(y.mul(y));
                        },
                        new NDList(leaf(5), leaf(5)));
        table.assertApproximate();
        assertEquals(List.of("output 0", "y", "h", "input 0", "input 1"), names(table));
    }

    @Test
    void namesHaveToAgree() {
        assertRefused(
                "both sides must return as many outputs and name the same intermediates, but one has"
                        + " 1 outputs and [input 0] and the other 1 outputs and [h, input 0]",
                () ->
                        TIGHT.compare(
                                (in, trace) -> new NDList(in.get(0).mul(2)),
                                (in, trace) -> new NDList(trace.keep("h", in.get(0).mul(2))),
                                new NDList(leaf(2))));
    }

    @Test
    void blocksWithTheSameParameters() {
        Shape shape = new Shape(8, 3);
        Block manual = initialized(BatchNorm.builder().optCorrection(0).build(), shape);
        Block djl = initialized(ai.djl.nn.norm.BatchNorm.builder().optAxis(1).build(), shape);
        GradientTable table = TIGHT.compare(manual, djl, new NDList(leaf(8, 3)));
        table.assertApproximate();
        assertEquals(
                List.of("output 0", "input 0", "parameter gamma", "parameter beta"), names(table));
        Block unbiased = initialized(BatchNorm.builder().build(), shape);
        assertFalse(
                TIGHT.compare(unbiased, djl, new NDList(leaf(8, 3))).rows().get(0).approximate());
        Block linear = initialized(Linear.builder().setUnits(3).build(), shape);
        assertFailsSaying(
                IllegalArgumentException.class,
                () -> TIGHT.compare(manual, linear, new NDList(leaf(8, 3))),
                "blocks to compare must have parameters of the same shapes, but"
                        + " BatchNorm has [(8, 3), (3), (3), (3), (3)]");
    }

    @Test
    void losses() {
        NDArray labels = manager.create(new long[] {1, 0, 3});
        new ManualVsEngine()
                .compare(
                        new CrossEntropyLoss(),
                        Loss.softmaxCrossEntropyLoss(),
                        new NDList(labels),
                        new NDList(leaf(3, 4)))
                .assertApproximate();
    }

    @Test
    void nothingToCompare() {
        NDArray x = manager.ones(new Shape(2));
        assertFailsSaying(
                IllegalArgumentException.class,
                () -> TIGHT.compare(Rules.square(Rules::squareRule), in -> in, x),
                "none of the inputs to compare at");
    }
}
