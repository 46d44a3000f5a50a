/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import org.djlext.autograd.AutogradFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Options: a wrong rule is caught by exactly the check that is asked for. */
class OptionsTest extends SeededTest {

    /** y_k = (k + 2) x; the rule gets which upstream gradients are missing and the right answer. */
    private static AutogradFunction multiples(
            int count, BiFunction<List<Integer>, NDArray, NDArray> rule) {
        return Rules.of(
                (ctx, in) -> {
                    ctx.setMaterializeGrads(false);
                    NDList outputs = new NDList();
                    for (int k = 0; k < count; k++) {
                        outputs.add(in.get(0).mul(k + 2));
                    }
                    return outputs;
                },
                (ctx, dys) -> {
                    List<Integer> missing = new ArrayList<>();
                    NDArray dx = null;
                    for (int k = 0; k < count; k++) {
                        if (dys.get(k) == null) {
                            missing.add(k);
                        } else {
                            NDArray term = dys.get(k).mul(k + 2);
                            dx = dx == null ? term : dx.add(term);
                        }
                    }
                    return new NDList(rule.apply(missing, Objects.requireNonNull(dx)));
                },
                "x");
    }

    private static GradCheckReport.Failure onlyFailure(GradCheckReport report) {
        assertEquals(1, report.failures().size(), report::toString);
        return report.failures().get(0);
    }

    @Test
    void everySetOfUpstreamGradientsIsLeftOut() {
        for (int count = 2; count <= 5; count++) {
            List<List<Integer>> seen = new ArrayList<>();
            AutogradFunction right =
                    multiples(
                            count,
                            (missing, dx) -> {
                                if (!seen.contains(missing)) {
                                    seen.add(missing);
                                }
                                return dx;
                            });
            GradCheckReport report = new GradCheck().check(right, leaf(2));
            report.assertPassed();
            assertTrue(report.passed().contains(Check.UNDEFINED_UPSTREAM));
            // All subsets but that of all outputs.
            assertEquals((1 << count) - 1, seen.size());
        }
    }

    @Test
    void aRuleThatIsWrongOnlyWhereTwoUpstreamGradientsAreMissing() {
        for (List<Integer> pair : List.of(List.of(0, 1), List.of(0, 2), List.of(1, 2))) {
            AutogradFunction wrong =
                    multiples(4, (missing, dx) -> missing.equals(pair) ? dx.mul(2) : dx);
            GradCheckReport.Failure failure = onlyFailure(new GradCheck().check(wrong, leaf(2)));
            assertEquals(Check.UNDEFINED_UPSTREAM, failure.check());
            assertEquals("input 0 (x)", failure.inputName());
            assertTrue(
                    failure.message()
                            .contains(
                                    "without an upstream gradient of outputs "
                                            + pair.get(0)
                                            + ", "
                                            + pair.get(1)
                                            + " the gradient is another one than with zeros"),
                    failure.message());
            GradCheckReport without =
                    GradCheck.builder().optUndefinedUpstream(false).build().check(wrong, leaf(2));
            without.assertPassed();
            assertEquals(
                    List.of(
                            new GradCheckReport.NotChecked(
                                    "undefined upstream", "optUndefinedUpstream is false")),
                    without.notChecked());
        }
    }

    @Test
    void aRuleThatThrowsWithoutAnUpstreamGradient() {
        AutogradFunction wrong =
                multiples(
                        2,
                        (missing, dx) -> {
                            if (missing.contains(1)) {
                                throw new IllegalStateException("no second gradient");
                            }
                            return dx;
                        });
        // Each Jacobian needs one upstream gradient alone, so that it cannot be compared either.
        GradCheckReport.Failure failure = onlyFailure(new GradCheck().check(wrong, leaf(2)));
        assertEquals(Check.UNDEFINED_UPSTREAM, failure.check());
        assertTrue(
                failure.message()
                        .startsWith(
                                "without an upstream gradient of output 1, Rule.backward threw"),
                failure.message());
    }

    @Test
    void ofManyOutputsOneAndAllButOneAreLeftOut() {
        AutogradFunction right = multiples(6, (missing, dx) -> dx);
        GradCheckReport report = new GradCheck().check(right, leaf(2));
        report.assertPassed();
        assertEquals(
                List.of(
                        new GradCheckReport.NotChecked(
                                "undefined upstream of some of 6 outputs",
                                "only one, and all but one, were left out")),
                report.notChecked());
        for (List<Integer> missing : List.of(List.of(4), List.of(0, 1, 2, 4, 5))) {
            AutogradFunction wrong = multiples(6, (m, dx) -> m.equals(missing) ? dx.neg() : dx);
            GradCheckReport found = new GradCheck().check(wrong, leaf(2));
            assertEquals(Check.UNDEFINED_UPSTREAM, found.failures().get(0).check());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anotherSeedFindsWhatOneDoesNot(boolean fast) {
        // dx is wrong where the first upstream gradient is large, which those of one element, or of
        // length 1 in 40 dimensions, are not.
        List<Long> failing = new ArrayList<>();
        AutogradFunction wrong =
                Rules.square(
                        (dy, s) -> {
                            double first = dy.getDouble(0);
                            boolean rare = first > 0.8 && first < 1;
                            return new NDList(dy.mul(s.get(0)).mul(rare ? 3 : 2));
                        });
        NDArray x = leaf(40);
        for (long seed = 0; seed < 40; seed++) {
            GradCheck one = GradCheck.builder().optSeeds(seed).optFast(fast).build();
            if (!one.check(wrong, x).isPassed()) {
                failing.add(seed);
            }
        }
        assertFalse(failing.isEmpty());
        assertTrue(failing.size() < 20, failing::toString);
        long[] all = new long[40];
        for (int i = 0; i < all.length; i++) {
            all[i] = i;
        }
        GradCheckReport report =
                GradCheck.builder().optSeeds(all).optFast(fast).build().check(wrong, x);
        assertEquals(Check.LINEAR_UPSTREAM, onlyFailure(report).check());
        assertTrue(report.toString().contains(", seeds 0, 1, 2, "), report::toString);
    }

    @Test
    void secondDerivativesAreCheckedForEachSeed() {
        List<Double> upstreams = new ArrayList<>();
        AutogradFunction counted =
                Rules.square(
                        (dy, s) -> {
                            upstreams.add(dy.getDouble(0));
                            return Rules.squareRule(dy, s);
                        });
        GradCheck.builder()
                .optSeeds(1, 2, 3)
                .build()
                .gradGradCheck(counted, leaf(1))
                .assertPassed();
        // The upstream gradients themselves, at which the derivatives are taken; others are steps.
        for (long seed = 1; seed <= 3; seed++) {
            double drawn = new SplittableRandom(seed).doubles(1, -1, 1).sum();
            assertTrue(upstreams.contains(drawn), upstreams::toString);
        }
    }

    @Test
    void whatIsNotCheckedIsSaid() {
        NDArray x = leaf(3);
        NDArray labels = manager.create(new long[] {1, 0, 1});
        GradCheckReport report =
                GradCheck.builder()
                        .optFast(true)
                        .build()
                        .check(
                                in ->
                                        new NDList(
                                                in.get(0).square(),
                                                in.get(0).stopGradient(),
                                                in.get(0).argMax(),
                                                in.get(0).toType(DataType.COMPLEX64, false)),
                                new NDList(x, labels));
        report.assertPassed();
        assertEquals(
                List.of(
                        "input 1: it does not require a gradient",
                        "undefined upstream: there is one output, without whose gradient backward"
                                + " is not run",
                        "output 1: no gradient flows from it to an input",
                        "output 2: it has type int64, and only real numbers are compared",
                        "output 3: it has type complex64, and only real numbers are compared",
                        "single entries of the Jacobian: fast mode compares their sum along random"
                                + " directions"),
                report.notChecked().stream().map(GradCheckReport.NotChecked::toString).toList());
        assertTrue(
                report.toString().contains("\n  not checked output 1: no gradient"),
                report::toString);
        assertTrue(
                report.toJson().contains("\"why\": \"it does not require a gradient\""),
                report::toJson);
    }

    @Test
    void everyCheckHasPassedOrFailedOrWasLeftOut() {
        List<GradCheckReport> reports =
                List.of(
                        new GradCheck().check(Rules.square(Rules::squareRule), leaf(2)),
                        new GradCheck().check(Rules.square(Rules::squareRule), leaf(0)),
                        GradCheck.builder()
                                .optForwardAd(true)
                                .build()
                                .check(Rules.square((dy, s) -> new NDList(dy)), leaf(3)),
                        check(v -> v.stopGradient(), leaf(2)),
                        new GradCheck()
                                .check(Rules.square((dy, s) -> new NDList(dy.sum())), leaf(3)),
                        new GradCheck()
                                .check(in -> in.get(0) == null ? in : null, new NDList(leaf(3))));
        for (GradCheckReport report : reports) {
            for (Check check : Check.values()) {
                long places =
                        report.passed().stream().filter(check::equals).count()
                                + report.failures().stream()
                                        .map(GradCheckReport.Failure::check)
                                        .filter(check::equals)
                                        .distinct()
                                        .count()
                                + report.notChecked().stream()
                                        .filter(n -> n.what().equals(check.toString()))
                                        .count();
                // Forward mode is an extra, of which a report is silent unless it was asked for.
                boolean asked = check != Check.FORWARD_MODE || report.settings().forwardAd();
                assertEquals(asked ? 1 : 0, places, check + " in " + report);
            }
        }
    }

    @Test
    void functionsThatReturnNull() {
        NDList x = new NDList(leaf(2));
        NDList none = new NDList();
        none.add(null);
        for (NDList returned : Arrays.asList(null, none)) {
            GradCheckReport.Failure failure = onlyFailure(new GradCheck().check(in -> returned, x));
            assertEquals("forward: function must return arrays, but returned null", "" + failure);
        }
    }

    @Test
    void complexNumbersAreNotCompared() {
        NDArray complex = manager.create(new float[] {1, 2}).toType(DataType.COMPLEX64, false);
        complex.setRequiresGradient(true);
        GradCheckReport.Failure input =
                onlyFailure(new GradCheck().check(Rules.square(Rules::squareRule), complex));
        assertEquals(
                "inputs: input 0 (x) has type complex64, but central differences need float64",
                input.toString());
        GradCheckReport.Failure output =
                onlyFailure(
                        new GradCheck()
                                .check(
                                        in ->
                                                new NDList(
                                                        in.get(0)
                                                                .toType(DataType.COMPLEX64, false)),
                                        new NDList(leaf(2))));
        assertEquals(
                "forward: function returned no output of real floating type to differentiate",
                output.toString());
    }

    @Test
    void thereMustBeASeed() {
        assertRefused("there must be a seed, but got none", () -> GradCheck.builder().optSeeds());
    }
}
