/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.djlext.autograd.AutogradFunction;
import org.junit.jupiter.api.Test;

/**
 * Functions whose gradients differ in single places, are not finite, or that change what they are
 * given, are rejected with the place.
 */
class WrongFunctionTest extends SeededTest {

    @Test
    void swappedGradients() {
        AutogradFunction f =
                Rules.product((dy, s) -> new NDList(dy.mul(s.get(0)), dy.mul(s.get(1))));
        NDArray a = values(1, 2);
        NDArray b = values(1, 7);
        GradCheckReport report = new GradCheck().check(f, a, b);
        assertEquals(
                List.of(0, 1),
                report.failures().stream().map(GradCheckReport.Failure::input).toList());
        for (GradCheckReport.Failure failure : report.failures()) {
            assertEquals(Check.JACOBIAN, failure.check());
            assertEquals(1, failure.wrong());
            assertEquals(List.of(1L), failure.index());
        }
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
        GradCheckReport.Failure failure = report.failures().get(0);
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
        GradCheckReport report = check(v -> v.stopGradient().mul(2), values(1, 2));
        GradCheckReport.Failure failure = report.failures().get(0);
        assertEquals(Check.JACOBIAN, failure.check());
        assertTrue(failure.message().endsWith("analytical is zero in all of them"));
        assertTrue(report.warnings().get(0).startsWith("no output depends on an input"));
    }

    @Test
    void notANumber() {
        AutogradFunction f =
                Rules.product(
                        (dy, s) -> {
                            // 0/0 where b is 0
                            NDArray da = dy.mul(s.get(1)).mul(s.get(1)).div(s.get(1));
                            return new NDList(da, dy.mul(s.get(0)));
                        });
        NDArray b = values(1, 0, 3);
        GradCheckReport found = new GradCheck().check(f, leaf(3), b);
        GradCheckReport.Failure failure = found.failures().get(0);
        assertEquals(Check.GRADIENTS_FINITE, failure.check());
        assertEquals(0, failure.input());
        assertEquals(List.of(1L), failure.index());
        assertEquals(
                "input 0 (a) of shape (3): the gradient is not finite; 1 of 3 elements, worst at"
                        + " [1]: NaN",
                failure.message());
        GradCheckReport.Failure jacobian = found.failures().get(found.failures().size() - 1);
        assertEquals(Check.JACOBIAN, jacobian.check());
        assertEquals(List.of(1L), jacobian.index());
        assertTrue(Double.isNaN(jacobian.analytical()));
        JsonObject json = JsonParser.parseString(found.toJson()).getAsJsonObject();
        assertFalse(json.get("ok").getAsBoolean());
        JsonObject first = json.getAsJsonArray("failures").get(0).getAsJsonObject();
        assertEquals("GRADIENTS_FINITE", first.get("check").getAsString());
        assertEquals("NaN", first.get("analytical").getAsString());
        assertEquals(1, first.getAsJsonArray("index").get(0).getAsInt());
    }

    @Test
    void outputThatIsNotFinite() {
        GradCheckReport report = check(v -> v.log(), values(1, 0, 2));
        assertEquals(
                "outputs finite: output 0 is -Infinity at [1]",
                report.failures().get(0).toString());
    }

    @Test
    void outputsThatDependOnTheValueInTheirForm() {
        GradCheckReport report =
                new GradCheck()
                        .check(
                                in -> {
                                    boolean even = in.get(0).getDouble(0) == 1;
                                    NDArray y = in.get(0).mul(2);
                                    return new NDList(even ? y : y.reshape(1, -1));
                                },
                                new NDList(values(1, 2)));
        GradCheckReport.Failure last = report.failures().get(report.failures().size() - 1);
        assertEquals(
                "outputs stable: when input 0 changes a little, output 0 has shape (1, 2) and type"
                        + " float64 instead of (2) and float64",
                last.toString());
        assertFalse(report.passed().contains(Check.JACOBIAN));
    }

    @Test
    void exceptions() {
        GradCheckReport report = check(v -> v.matMul(v), leaf(2, 3));
        assertEquals(Check.FORWARD, report.failures().get(0).check());
        report = check(v -> v.argMax(), leaf(3));
        assertEquals(
                "forward: function returned no output of real floating type to differentiate",
                report.failures().get(0).toString());
    }

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
        for (boolean fast : new boolean[] {false, true}) {
            GradCheck check = GradCheck.builder().optFast(fast).build();
            GradCheckReport report = check.check(f, values(1, -300, 2));
            assertEquals(1, report.failures().size(), report::toString);
            GradCheckReport.Failure failure = report.failures().get(0);
            assertEquals(Check.BACKWARD_REPEATABLE, failure.check());
            assertEquals(0, failure.input());
            assertEquals(List.of(1L), failure.index());
        }
        calls.set(0);
        GradCheck.builder().optNondetTol(1e-6).build().check(f, values(1, -300, 2)).assertPassed();
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
        GradCheckReport.Failure failure = report.failures().get(0);
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
        GradCheckReport.Failure first = report.failures().get(0);
        assertEquals(Check.INPUTS_UNMODIFIED, first.check(), report::toString);
        assertEquals(0, first.input());
        assertTrue(first.message().contains("backward changed its input in place"));
        AutogradFunction upstream = Rules.square((dy, s) -> new NDList(dy.muli(s.get(0)).muli(2)));
        GradCheckReport.Failure failure =
                new GradCheck().check(upstream, leaf(3)).failures().get(0);
        assertEquals(
                "inputs unmodified: Rule.backward changed an upstream gradient in place, which"
                        + " others use too; change a copy instead",
                failure.toString());
    }
}
