/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.djlext.autograd.AutogradFunction;
import org.junit.jupiter.api.Test;

/** What a report says besides the failures: how the modes differ, warnings, names and seeds. */
class ReportTest extends SeededTest {

    /** What the first line says of the gradients. */
    private static String verdict(GradCheckReport report) {
        String first = report.toString().lines().findFirst().orElse("");
        return first.substring(first.indexOf(": ") + 2, first.indexOf(" ("));
    }

    @Test
    void nothingIsSaidOfGradientsThatWereNotCompared() {
        GradCheck check = new GradCheck();
        AutogradFunction square = Rules.square(Rules::squareRule);
        assertEquals("gradients are right", verdict(check.check(square, leaf(2))));
        String not = "gradients were NOT COMPARED";
        NDArray noGradient = manager.create(new double[] {1, 2});
        assertEquals(not, verdict(check.check(square, noGradient)));
        assertEquals(not, verdict(check.gradGradCheck(square, noGradient)));
        NDArray single = manager.create(new float[] {1, 2});
        single.setRequiresGradient(true);
        assertEquals(not, verdict(check.check(square, single)));
        NDList x = new NDList(leaf(2));
        Function<NDList, NDList> fails =
                in -> {
                    throw new IllegalStateException("no");
                };
        assertEquals(not, verdict(check.check(fails, x)));
        assertEquals(not, verdict(check.gradGradCheck(fails, x)));
        assertEquals(not, verdict(check.check(in -> new NDList(in.get(0).argMax()), x)));
        AutogradFunction backwardFails =
                Rules.square(
                        (dy, s) -> {
                            throw new IllegalStateException("no");
                        });
        assertEquals(not, verdict(check.check(backwardFails, leaf(2))));
        AutogradFunction wrong = Rules.square((dy, s) -> new NDList(dy.mul(s.get(0))));
        assertEquals("gradients are WRONG", verdict(check.check(wrong, leaf(2))));
        AutogradFunction wrongShape = Rules.square((dy, s) -> new NDList(dy.sum()));
        assertEquals("gradients are WRONG", verdict(check.check(wrongShape, leaf(2))));
        // The derivative by the values that it is given is right.
        GradCheckReport report =
                check.check(
                        in -> {
                            in.get(1).muli(0);
                            return new NDList(in.get(0).mul(manager.create(2.0)));
                        },
                        new NDList(leaf(2), manager.create(new double[] {3})));
        assertEquals("gradients are right, but other checks FAILED", verdict(report));
        assertFalse(report.isPassed());
    }

    private static String message(GradCheckReport report) {
        return String.valueOf(
                assertThrows(AssertionError.class, report::assertPassed).getMessage());
    }

    @Test
    void assertionNamesTheInputsThatAreWrong() {
        AutogradFunction wrong =
                Rules.product((dy, s) -> new NDList(dy.mul(s.get(1)), dy.mul(s.get(1))));
        String message = message(new GradCheck().check(wrong, leaf(3), leaf(3)));
        assertTrue(message.startsWith("Rule: gradients are WRONG"), message);
        assertTrue(message.contains("failed jacobian: input 1 (b) of shape (3)"), message);
        assertFalse(message.contains("input 0 (a)"), message);
        NDArray named = leaf(3);
        named.setName("temperature");
        message = message(check(v -> v.stopGradient(), named));
        assertTrue(message.contains("failed jacobian: input 0 (temperature)"), message);
    }

    @Test
    void assertionFailsWhereNothingWasCompared() {
        GradCheckReport report = new GradCheck().check(Rules.square(Rules::squareRule), leaf(0));
        assertTrue(report.isPassed());
        String message = message(report);
        assertTrue(message.startsWith("Rule: gradients were NOT COMPARED"), message);
        assertTrue(message.contains("not checked jacobian: the inputs that require"), message);
    }

    @Test
    void undefinedElsewhere() {
        // A table that has entries for these values alone.
        NDArray x = values(1, 2);
        GradCheckReport report =
                new GradCheck()
                        .check(
                                in -> {
                                    if (in.get(0).getDouble(0) < 0.995) {
                                        throw new IllegalArgumentException("too small");
                                    }
                                    return new NDList(in.get(0).mul(2));
                                },
                                new NDList(x));
        assertTrue(report.isPassed(), report::toString);
        assertEquals(
                new GradCheckReport.NotChecked(
                        "later calls",
                        "a call at 0.99 times the inputs failed, so that a value kept from another"
                                + " call would not show: function threw"
                                + " java.lang.IllegalArgumentException: too small"),
                report.notChecked().get(0));
        assertFalse(report.passed().contains(Check.LATER_CALLS));
    }

    @Test
    void fastModeSaysWhetherSlowModePasses() {
        // Right within the tolerance for each element, but all of them too large.
        AutogradFunction f =
                Rules.of(
                        (ctx, in) -> new NDList(in.get(0).zerosLike().sum()),
                        (ctx, dy) -> new NDList(dy.get(0).mul(8e-6).broadcast(new Shape(400))),
                        "x");
        NDArray x = leaf(400);
        GradCheck.Builder rough = GradCheck.builder().optTolerance(new Tolerance(1e-3, 1e-5));
        rough.build().check(f, x).assertPassed();
        GradCheckReport fast = rough.optFast(true).build().check(f, x);
        assertFalse(fast.isPassed());
        assertTrue(
                fast.failures()
                        .get(0)
                        .message()
                        .endsWith(
                                "; slow mode passes, so each element is within the tolerance, and"
                                        + " their sum along u and v is not"),
                fast::toString);
        AutogradFunction wrong =
                Rules.square((dy, s) -> new NDList(Rules.squareRule(dy, s).get(0).neg()));
        GradCheckReport.Failure both =
                GradCheck.builder()
                        .optFast(true)
                        .build()
                        .check(wrong, values(1, -3, 2))
                        .failures()
                        .get(0);
        assertTrue(both.message().contains("; slow mode fails too: input 0 (x)"), both.message());
        assertEquals(List.of(1L), both.index());
    }

    @Test
    void tinyDerivativesAreWarnedOf() {
        // A mean over many with the wrong sign: atol is larger than any entry.
        AutogradFunction f =
                Rules.of(
                        (ctx, in) -> new NDList(in.get(0).sum().mul(1e-6)),
                        (ctx, dy) -> new NDList(dy.get(0).mul(-1e-6).broadcast(new Shape(3))),
                        "x");
        GradCheck rough = GradCheck.builder().optTolerance(new Tolerance(1e-3, 1e-5)).build();
        GradCheckReport report = rough.check(f, leaf(3));
        assertTrue(report.isPassed());
        assertFalse(new GradCheck().check(f, leaf(3)).isPassed());
        assertEquals(
                List.of(
                        "no derivative by input 0 (x) is larger than 1.0E-6, so that atol 1.0E-5"
                                + " lets any gradient as small pass; multiply the output by a"
                                + " constant"),
                report.warnings());
    }

    @Test
    void namesAndSeedsAreTheCallers() {
        GradCheck check =
                GradCheck.builder().optInputNames("logits").optSeeds(42, 7).optEps(1e-5).build();
        GradCheckReport report =
                check.check(in -> new NDList(in.get(0).stopGradient()), new NDList(leaf(2)));
        assertEquals("input 0 (logits)", report.failures().get(0).inputName());
        assertEquals(List.of(42L, 7L), report.settings().seeds());
        Map<String, String> must =
                Map.of("seeds", "[42,7]", "eps", "1.0E-5", "type", "\"float64\"", "fast", "false");
        JsonObject json = JsonParser.parseString(report.toJson()).getAsJsonObject();
        must.forEach((key, value) -> assertEquals(value, json.get(key).toString()));
    }
}
