/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.djlext.autograd.AutogradFunction;
import org.junit.jupiter.api.Test;

/** Functions that change what they are given, or keep what they should not, are rejected. */
class WrongStateTest extends KnownBadTest {

    @Test
    void nondeterministicBackward() {
        AtomicInteger calls = new AtomicInteger();
        AutogradFunction f =
                Rules.square(
                        (dy, s) ->
                                new NDList(
                                        Rules.squareRule(dy, s)
                                                .get(0)
                                                .mul(1 + 1e-9 * calls.incrementAndGet())));
        GradCheckFailure failure = failure(Check.BACKWARD_REPEATABLE, f, values(1, -300, 2));
        assertEquals(0, failure.input());
        assertEquals(List.of(1L), failure.index());
        assertOnly(Check.BACKWARD_REPEATABLE, f, values(1, -300, 2));
        calls.set(0);
        GradCheck.builder().optNondetTol(1e-6).build().check(f, values(1, -300, 2)).assertPassed();
    }

    @Test
    void forwardModifiesItsInput() {
        AutogradFunction f = Rules.product(Rules::productRule);
        AutogradFunction modifies =
                Rules.of(
                        (ctx, in) -> {
                            in.get(1).set(new NDIndex(2), 9);
                            ctx.saveForBackward(in.get(0), in.get(1));
                            return new NDList(in.get(0).mul(in.get(1)));
                        },
                        (ctx, dy) -> Rules.productRule(dy.get(0), ctx.savedTensors()),
                        "a",
                        "b");
        NDArray b = values(1, 5, 3, 4);
        new GradCheck().check(f, leaf(4), b).assertPassed();
        // The operation itself refuses it while gradients are recorded.
        GradCheckFailure failure = failure(Check.FORWARD, modifies, leaf(4), b);
        assertTrue(
                failure.message().contains("Rule.forward changed input 1 (b) in place"),
                failure.message());
    }

    @Test
    void functionModifiesItsInput() {
        NDArray constant = manager.create(new double[] {1, 5, 3, 4});
        GradCheckReport report =
                new GradCheck()
                        .check(
                                in -> {
                                    in.get(1).set(new NDIndex(2), 9);
                                    return new NDList(in.get(0).mul(in.get(1)));
                                },
                                new NDList(leaf(4), constant));
        GradCheckFailure failure = report.failures().get(0);
        assertEquals(Check.INPUTS_UNMODIFIED, failure.check(), report::toString);
        assertEquals(1, failure.input());
        assertEquals(List.of(2L), failure.index());
        assertTrue(
                failure.message()
                        .endsWith(
                                "forward changed its input in place; 1 of 4 elements, worst at [2]:"
                                        + " 9.0 instead of 3.0"),
                failure.message());
    }

    @Test
    void backwardModifiesWhatItIsGiven() {
        AutogradFunction input =
                Rules.square(
                        (dy, s) -> {
                            NDArray dx = Rules.squareRule(dy, s).get(0);
                            s.get(0).muli(2);
                            return new NDList(dx);
                        });
        GradCheckReport report = new GradCheck().check(input, leaf(3));
        GradCheckFailure first = report.failures().get(0);
        assertEquals(Check.INPUTS_UNMODIFIED, first.check(), report::toString);
        assertEquals(0, first.input());
        assertTrue(first.message().contains("backward changed its input in place"));
        AutogradFunction upstream = Rules.square((dy, s) -> new NDList(dy.muli(s.get(0)).muli(2)));
        GradCheckFailure failure = new GradCheck().check(upstream, leaf(3)).failures().get(0);
        assertEquals(
                "inputs unmodified: Rule.backward changed an upstream gradient in place, which"
                        + " others use too; change a copy instead",
                failure.toString());
    }

    @Test
    void valueOfTheFirstCallKept() {
        AtomicReference<double[]> first = new AtomicReference<>();
        AutogradFunction f =
                Rules.square(
                        (dy, s) -> {
                            first.compareAndSet(null, s.get(0).toDoubleArray());
                            NDArray stale = dy.getManager().create(first.get());
                            return new NDList(dy.mul(stale).mul(2));
                        });
        GradCheckFailure failure = failure(Check.JACOBIAN, f, values(1, -3, 2));
        assertTrue(failure.message().contains("analytical is 0.99 times numerical"));
    }

    @Test
    void valueOfTheLatestCallUsed() {
        AtomicReference<double[]> latest = new AtomicReference<>(new double[0]);
        AutogradFunction f =
                Rules.of(
                        (ctx, in) -> {
                            latest.set(in.get(0).toDoubleArray());
                            return new NDList(in.get(0).mul(in.get(0)));
                        },
                        (ctx, dy) -> {
                            NDArray stale = dy.get(0).getManager().create(latest.get());
                            return new NDList(dy.get(0).mul(stale).mul(2));
                        },
                        "x");
        GradCheckFailure failure = failure(Check.LATER_CALLS, f, values(1, -3, 2));
        assertEquals(0, failure.input());
    }
}
