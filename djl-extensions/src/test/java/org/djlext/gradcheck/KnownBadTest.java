/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;
import org.junit.jupiter.api.Test;

/** What is wrong is told so: by the right check, with the input and the index. */
class KnownBadTest extends SeededTest {

    private NDArray values(double... values) {
        NDArray array = manager.create(values);
        array.setRequiresGradient(true);
        return array;
    }

    /** Both modes reject it for the same reason; returns the slow mode's only failure. */
    private static GradCheckFailure failure(Check check, AutogradFunction f, NDArray... inputs) {
        GradCheckReport fast = GradCheck.builder().optFast(true).build().check(f, inputs);
        assertTrue(fast.failures().stream().anyMatch(x -> x.check() == check), fast::toString);
        GradCheckReport slow = new GradCheck().check(f, inputs);
        List<GradCheckFailure> found =
                slow.failures().stream().filter(x -> x.check() == check).toList();
        assertEquals(1, found.size(), slow::toString);
        assertFalse(slow.passed().contains(check));
        assertThrows(AssertionError.class, slow::assertPassed);
        return found.get(0);
    }

    private static void assertOnly(Check check, AutogradFunction f, NDArray... inputs) {
        GradCheckReport report = new GradCheck().check(f, inputs);
        for (GradCheckFailure failure : report.failures()) {
            assertEquals(check, failure.check(), report::toString);
        }
        assertFalse(report.isPassed());
    }

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
                                "input 0 (x) of shape (3): 3 of 3 elements are wrong (3 of 9 entries"
                                        + " of the Jacobian); worst at [1], by output 0 at [1]:"
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

    @Test
    void wrongShape() {
        AutogradFunction f =
                Rules.linear(
                        (dy, s) -> {
                            NDList right = Rules.linearRule(dy, s);
                            return new NDList(right.get(0), right.get(1).transpose(), right.get(2));
                        });
        GradCheckFailure failure = failure(Check.GRADIENT_FORM, f, leaf(5, 3), leaf(4, 3), leaf(4));
        assertEquals(1, failure.input());
        assertEquals("input 1 (weight)", failure.inputName());
        assertTrue(
                failure.message()
                        .contains(
                                "Rule.backward: the gradient of input 1 (weight) must have shape (4,"
                                        + " 3), but has (3, 4)"),
                failure.message());
    }

    @Test
    void wrongType() {
        AutogradFunction f =
                Rules.square(
                        (dy, s) ->
                                new NDList(
                                        Rules.squareRule(dy, s)
                                                .get(0)
                                                .toType(DataType.FLOAT32, false)));
        GradCheckFailure failure = failure(Check.GRADIENT_FORM, f, leaf(3));
        assertEquals(0, failure.input());
        assertTrue(failure.message().contains("type float64, but has float32"));
    }

    @Test
    void wrongNumber() {
        AutogradFunction f = Rules.product((dy, s) -> new NDList(dy.mul(s.get(1))));
        GradCheckFailure failure = failure(Check.GRADIENT_FORM, f, leaf(3), leaf(3));
        assertEquals(-1, failure.input());
        assertTrue(failure.message().contains("Rule.backward returned 1 gradient for 2 inputs"));
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
        GradCheckFailure failure = failure(Check.GRADIENTS_FINITE, f, leaf(3), b);
        assertEquals(0, failure.input());
        assertEquals(List.of(1L), failure.index());
        assertEquals(
                "input 0 (a) of shape (3): the gradient is not finite; 1 of 3 elements, worst at [1]:"
                        + " NaN",
                failure.message());
        GradCheckFailure jacobian = failure(Check.JACOBIAN, f, leaf(3), b);
        assertEquals(List.of(1L), jacobian.index());
        assertTrue(Double.isNaN(jacobian.analytical()));
        JsonObject json =
                JsonParser.parseString(new GradCheck().check(f, leaf(3), b).toJson())
                        .getAsJsonObject();
        assertFalse(json.get("ok").getAsBoolean());
        JsonObject first = json.getAsJsonArray("failures").get(0).getAsJsonObject();
        assertEquals("GRADIENTS_FINITE", first.get("check").getAsString());
        assertEquals("NaN", first.get("analytical").getAsString());
        assertEquals(1, first.getAsJsonArray("index").get(0).getAsInt());
    }

    @Test
    void outputThatIsNotFinite() {
        GradCheckReport report =
                new GradCheck()
                        .check(in -> new NDList(in.get(0).log()), new NDList(values(1, 0, 2)));
        assertEquals(
                "outputs finite: output 0 is -Infinity at [1]",
                report.failures().get(0).toString());
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
                        KnownBadTest::batchNormRule,
                        "x",
                        "gamma",
                        "beta");
        GradCheckFailure failure = failure(Check.JACOBIAN, f, leaf(6, 4), leaf(4), leaf(4));
        assertEquals(0, failure.input());
        assertEquals("input 0 (x)", failure.inputName());
        assertOnly(Check.JACOBIAN, f, leaf(6, 4), leaf(4), leaf(4));
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
        GradCheckFailure failure = failure(Check.BACKWARD_REPEATABLE, f, values(1, -3, 2));
        assertEquals(0, failure.input());
        assertEquals(List.of(1L), failure.index());
        assertOnly(Check.BACKWARD_REPEATABLE, f, values(1, -3, 2));
        calls.set(0);
        GradCheck.builder().optNondetTol(1e-6).build().check(f, values(1, -3, 2)).assertPassed();
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
        GradCheckFailure failure = failure(Check.INPUTS_UNMODIFIED, modifies, leaf(4), b);
        assertEquals(1, failure.input());
        assertEquals(List.of(2L), failure.index());
        assertEquals(
                "input 1 (b) of shape (4): forward changed its input in place; 1 of 4 elements, worst"
                        + " at [2]: 9.0 instead of 3.0",
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
                "inputs unmodified: Rule.backward changed an upstream gradient in place, which others"
                        + " use too; change a copy instead",
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
    void undefinedUpstreamNotUnderstood() {
        AutogradFunction f =
                Rules.of(
                        (ctx, in) -> {
                            ctx.setMaterializeGrads(false);
                            return new NDList(in.get(0).mul(2), in.get(0).mul(3));
                        },
                        (ctx, dy) -> {
                            NDArray first = dy.get(0);
                            if (first == null) {
                                return new NDList(dy.get(1).mul(5));
                            }
                            return new NDList(first.mul(2).add(dy.get(1).mul(3)));
                        },
                        "x");
        List<String> messages = new ArrayList<>();
        GradCheckReport report = new GradCheck().check(f, values(1, 2));
        report.failures().forEach(x -> messages.add(x.toString()));
        assertEquals(Check.UNDEFINED_UPSTREAM, report.failures().get(0).check(), report::toString);
        assertTrue(
                messages.get(0)
                        .contains(
                                "the gradient is another one if an output has no upstream gradient"
                                        + " instead of zeros"),
                messages.get(0));
        assertTrue(
                messages.get(1)
                        .startsWith(
                                "undefined upstream: without an upstream gradient for"
                                        + " output 1, "),
                messages.get(1));
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
        GradCheckFailure last = report.failures().get(report.failures().size() - 1);
        assertEquals(
                "outputs stable: when input 0 changes a little, output 0 has shape (1, 2) and type"
                        + " float64 instead of (2) and float64",
                last.toString());
        assertFalse(report.passed().contains(Check.JACOBIAN));
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
                List.of(
                        "a call at 0.99 times the inputs failed, so that a value kept from an earlier"
                                + " call would not show: function threw"
                                + " java.lang.IllegalArgumentException: too small"),
                report.warnings());
    }

    @Test
    void exceptions() {
        AutogradFunction backward =
                Rules.square(
                        (dy, s) -> {
                            throw new IllegalStateException("no rule");
                        });
        GradCheckFailure failure = failure(Check.BACKWARD, backward, leaf(3));
        assertTrue(failure.message().contains("Rule.backward threw"), failure.message());
        assertTrue(failure.message().contains("no rule"), failure.message());
        GradCheckReport report =
                new GradCheck()
                        .check(
                                in -> new NDList(in.get(0).matMul(in.get(0))),
                                new NDList(leaf(2, 3)));
        assertEquals(Check.FORWARD, report.failures().get(0).check());
        report = new GradCheck().check(in -> new NDList(in.get(0).argMax()), new NDList(leaf(3)));
        assertEquals(
                "forward: function returned no output of floating type to differentiate",
                report.failures().get(0).toString());
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

    @Test
    void fastModeSaysWhetherSlowModePasses() {
        // Right within the tolerance for each element, but all of them too large.
        AutogradFunction f =
                Rules.of(
                        (ctx, in) -> new NDList(in.get(0).zerosLike().sum()),
                        (ctx, dy) -> new NDList(dy.get(0).mul(8e-6).broadcast(new Shape(400))),
                        "x");
        NDArray x = leaf(400);
        new GradCheck().check(f, x).assertPassed();
        GradCheckReport fast = GradCheck.builder().optFast(true).build().check(f, x);
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
        GradCheckFailure both =
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
        GradCheckReport report = new GradCheck().check(f, leaf(3));
        assertTrue(report.isPassed());
        assertEquals(
                List.of(
                        "no derivative by input 0 (x) is larger than 1.0E-6, so that atol 1.0E-5 lets"
                                + " any gradient as small pass; multiply the output by a constant"),
                report.warnings());
    }

    @Test
    void namesAndSeedsAreTheCallers() {
        GradCheck check =
                GradCheck.builder().optInputNames("logits").optSeed(42).optEps(1e-5).build();
        GradCheckReport report =
                check.check(in -> new NDList(in.get(0).stopGradient()), new NDList(leaf(2)));
        assertEquals("input 0 (logits)", report.failures().get(0).inputName());
        assertEquals(42, report.seed());
        Map<String, String> must =
                Map.of("seed", "42", "eps", "1.0E-5", "type", "\"float64\"", "fast", "false");
        JsonObject json = JsonParser.parseString(report.toJson()).getAsJsonObject();
        must.forEach((key, value) -> assertEquals(value, json.get(key).toString()));
    }
}
