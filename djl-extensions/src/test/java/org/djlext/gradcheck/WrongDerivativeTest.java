/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import java.util.List;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;
import org.junit.jupiter.api.Test;

/** Rules that give a wrong number are rejected, with the input and the index. */
class WrongDerivativeTest extends KnownBadTest {

    @Test
    void wrongSign() {
        AutogradFunction f =
                Rules.square((dy, s) -> new NDList(Rules.squareRule(dy, s).get(0).neg()));
        GradCheckFailure failure = failure(Check.JACOBIAN, f, values(1, -3, 2));
        assertEquals(0, failure.input());
        assertEquals(0, failure.output());
        assertEquals(List.of(1L), failure.index());
        assertEquals(6, failure.analytical(), 1e-6);
        assertEquals(-6, failure.numerical(), 1e-6);
        assertEquals(3, failure.wrong());
        assertTrue(
                failure.message()
                        .startsWith(
                                "input 0 (x) of shape (3): 3 of 3 elements are wrong (3 of 9"
                                        + " entries of the Jacobian); worst at [1], by output 0 at [1]:"
                                        + " analytical 6.0, numerical -"),
                failure.message());
        assertTrue(
                failure.message()
                        .endsWith(
                                "allowed difference 0.00601; analytical is -1.0 times numerical in"
                                        + " all of them"),
                failure.message());
        assertOnly(Check.JACOBIAN, f, values(1, -3, 2));
    }

    @Test
    void missingTerm() {
        // y = x^2 + x with the rule of x^2
        AutogradFunction f =
                Rules.of(
                        (ctx, in) -> {
                            ctx.saveForBackward(in.get(0));
                            return new NDList(in.get(0).mul(in.get(0)).add(in.get(0)));
                        },
                        (ctx, dy) -> Rules.squareRule(dy.get(0), ctx.savedTensors()),
                        "x");
        GradCheckFailure failure = failure(Check.JACOBIAN, f, values(2, 0.5));
        assertEquals(failure.analytical() + 1, failure.numerical(), 1e-6);
        assertOnly(Check.JACOBIAN, f, values(2, 0.5));
    }

    @Test
    void forgottenUpstream() {
        AutogradFunction f = Rules.square((dy, s) -> new NDList(s.get(0).mul(2)));
        GradCheckFailure zero = failure(Check.ZERO_UPSTREAM, f, values(1, -3, 2));
        assertEquals(0, zero.input());
        assertEquals(List.of(1L), zero.index());
        assertEquals(
                "input 0 (x) of shape (3): the gradient is not zero where the upstream gradient is;"
                        + " multiply by it; 3 of 3 elements, worst at [1]: -6.0 instead of 0.0",
                zero.message());
        failure(Check.JACOBIAN, f, values(1, -3, 2));
    }

    @Test
    void nonzeroForZeroUpstreamThoughTheDerivativeIsRight() {
        AutogradFunction f =
                Rules.square((dy, s) -> new NDList(Rules.squareRule(dy, s).get(0).add(1e-10)));
        assertOnly(Check.ZERO_UPSTREAM, f, leaf(3));
    }

    @Test
    void wrongUpstreamFactor() {
        AutogradFunction f = Rules.square((dy, s) -> new NDList(dy.mul(dy).mul(s.get(0)).mul(2)));
        // A one-hot upstream gradient is its own square: slow mode's derivatives look right.
        assertEquals(0, failure(Check.LINEAR_UPSTREAM, f, values(1, -3, 2)).input());
        assertOnly(Check.LINEAR_UPSTREAM, f, values(1, -3, 2));
        AutogradFunction twice = Rules.square((dy, s) -> new NDList(dy.mul(s.get(0)).mul(4)));
        GradCheckFailure failure = failure(Check.JACOBIAN, twice, values(1, -3, 2));
        assertTrue(failure.message().contains("analytical is 2.0 times numerical"));
        assertOnly(Check.JACOBIAN, twice, values(1, -3, 2));
    }

    @Test
    void transposedWeightGradient() {
        AutogradFunction f =
                Rules.linear(
                        (dy, s) -> {
                            NDList right = Rules.linearRule(dy, s);
                            return new NDList(right.get(0), right.get(1).transpose(), right.get(2));
                        });
        // A square weight, because the shape gives any other away.
        GradCheckFailure failure = failure(Check.JACOBIAN, f, leaf(5, 3), leaf(3, 3), leaf(3));
        assertEquals(1, failure.input());
        assertEquals("input 1 (weight)", failure.inputName());
        // dW[i][j] is x[j] where dW[j][i] should be: all off the diagonal are wrong.
        assertEquals(6, failure.wrong());
        assertNotEquals(failure.index().get(0), failure.index().get(1));
        assertOnly(Check.JACOBIAN, f, leaf(5, 3), leaf(3, 3), leaf(3));
    }

    @Test
    void forgottenSumOverTheBatch() {
        // The gradient of the bias from the first row alone: right in shape.
        AutogradFunction f =
                Rules.linear(
                        (dy, s) -> {
                            NDList right = Rules.linearRule(dy, s);
                            return new NDList(right.get(0), right.get(1), dy.get(0));
                        });
        GradCheckFailure failure = failure(Check.JACOBIAN, f, leaf(5, 3), leaf(4, 3), leaf(4));
        assertEquals(2, failure.input());
        assertEquals("input 2 (bias)", failure.inputName());
        assertEquals(0, failure.analytical());
        assertEquals(1, failure.numerical(), 1e-6);
        assertTrue(failure.message().endsWith("analytical is zero in all of them"));
        assertOnly(Check.JACOBIAN, f, leaf(5, 3), leaf(4, 3), leaf(4));
    }

    @Test
    void swappedGradients() {
        AutogradFunction f =
                Rules.product((dy, s) -> new NDList(dy.mul(s.get(0)), dy.mul(s.get(1))));
        NDArray a = values(1, 2);
        NDArray b = values(1, 7);
        GradCheckReport report = new GradCheck().check(f, a, b);
        assertEquals(
                List.of(0, 1), report.failures().stream().map(GradCheckFailure::input).toList());
        for (GradCheckFailure failure : report.failures()) {
            assertEquals(Check.JACOBIAN, failure.check());
            assertEquals(1, failure.wrong());
            assertEquals(List.of(1L), failure.index());
        }
    }

    /** Batch norm with correction 1 whose rule has n where n - 1 belongs. */
    private static NDList batchNormRule(FunctionContext ctx, NDList dys) {
        NDList saved = ctx.savedTensors();
        NDArray dy = dys.get(0);
        NDArray xhat = saved.get(0);
        NDArray gamma = saved.get(2);
        long n = dy.getShape().get(0);
        NDArray dbeta = dy.sum(new int[] {0});
        NDArray dgamma = dy.mul(xhat).sum(new int[] {0});
        NDArray bracket = dy.mul(n).sub(dbeta).sub(xhat.mul(dgamma)); // n/(n-1) is missing
        return new NDList(bracket.mul(saved.get(1)).mul(gamma).div(n), dgamma, dbeta);
    }

    @Test
    void nForNMinusOneInBatchNorm() {
        AutogradFunction f =
                Rules.of(
                        (ctx, in) -> {
                            NDArray x = in.get(0);
                            NDArray diff = x.sub(x.mean(new int[] {0}, true));
                            long n = x.getShape().get(0);
                            NDArray var = diff.square().sum(new int[] {0}, true).div(n - 1);
                            NDArray invstd = var.add(1e-5).sqrt().getNDArrayInternal().rdiv(1);
                            NDArray xhat = diff.mul(invstd);
                            ctx.saveForBackward(xhat, invstd, in.get(1));
                            return new NDList(xhat.mul(in.get(1)).add(in.get(2)));
                        },
                        WrongDerivativeTest::batchNormRule,
                        "x",
                        "gamma",
                        "beta");
        GradCheckFailure failure = failure(Check.JACOBIAN, f, leaf(6, 4), leaf(4), leaf(4));
        assertEquals(0, failure.input());
        assertEquals("input 0 (x)", failure.inputName());
        assertOnly(Check.JACOBIAN, f, leaf(6, 4), leaf(4), leaf(4));
    }

    @Test
    void oneElementAmongThousands() {
        AutogradFunction f =
                Rules.of(
                        (ctx, in) -> {
                            ctx.saveForBackward(in.get(0));
                            return new NDList(in.get(0).square().sum(new int[] {1}));
                        },
                        (ctx, dy) -> {
                            NDArray x = ctx.savedTensors().get(0);
                            NDArray dx = x.mul(2).mul(dy.get(0).reshape(-1, 1));
                            NDArray wrong = x.zerosLike();
                            wrong.set(new NDIndex(3, 417), 1);
                            // the neighbour's value in one place: off by one
                            NDArray neighbour = dy.get(0).get(3).mul(x.get(3, 416)).mul(2);
                            return new NDList(dx.mul(wrong.neg().add(1)).add(wrong.mul(neighbour)));
                        },
                        "x");
        NDArray x = leaf(4, 900);
        GradCheckReport report = new GradCheck().check(f, x);
        GradCheckFailure failure = report.failures().get(0);
        assertEquals(Check.JACOBIAN, failure.check());
        assertEquals(List.of(3L, 417L), failure.index());
        assertEquals(List.of(3L), failure.outputIndex());
        assertEquals(1, failure.wrong());
        assertEquals(3600, failure.total());
        assertEquals(2 * x.getDouble(3, 416), failure.analytical(), 1e-6);
        assertEquals(2 * x.getDouble(3, 417), failure.numerical(), 1e-6);
    }

    @Test
    void cutOffFromTheGraph() {
        GradCheckReport report =
                new GradCheck()
                        .check(
                                in -> new NDList(in.get(0).stopGradient().mul(2)),
                                new NDList(values(1, 2)));
        GradCheckFailure failure = report.failures().get(0);
        assertEquals(Check.JACOBIAN, failure.check());
        assertTrue(failure.message().endsWith("analytical is zero in all of them"));
        assertTrue(report.warnings().get(0).startsWith("no output depends on an input"));
    }
}
