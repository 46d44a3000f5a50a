/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import static org.djlext.testing.Failures.assertContains;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rules that are wrong as rules are: what is wrong is told by the right check, in both modes. */
class WrongRuleTest extends SeededTest {

    /**
     * A wrong rule.
     *
     * @param checks the checks that fail in slow mode
     * @param inputs makes the inputs
     * @param said parts of the message of the first of these checks
     */
    private record Wrong(
            String name,
            Set<Check> checks,
            AutogradFunction function,
            Function<WrongRuleTest, NDArray[]> inputs,
            List<String> said) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Wrong square(
            String name, Set<Check> checks, BinaryOperator<NDArray> rule, String... said) {
        AutogradFunction f = Rules.square((dy, s) -> new NDList(rule.apply(dy, s.get(0))));
        return new Wrong(name, checks, f, t -> new NDArray[] {t.values(1, -3, 2)}, List.of(said));
    }

    private static Wrong product(
            String name, Set<Check> checks, AutogradFunction f, String... said) {
        return new Wrong(
                name,
                checks,
                f,
                t -> new NDArray[] {t.values(2, 3, 5, 7), t.values(1, 7, 4, 6)},
                List.of(said));
    }

    /** y = x W^T + b, with another gradient in place of a right one. */
    private static Wrong linear(
            String name,
            Set<Check> checks,
            int outputs,
            int input,
            BinaryOperator<NDArray> rule,
            String... said) {
        AutogradFunction f =
                Rules.linear(
                        (dy, s) -> {
                            NDList gradients = Rules.linearRule(dy, s);
                            gradients.set(input, rule.apply(dy, gradients.get(input)));
                            return gradients;
                        });
        return new Wrong(
                name,
                checks,
                f,
                t -> new NDArray[] {t.leaf(5, 3), t.leaf(outputs, 3), t.leaf(outputs)},
                List.of(said));
    }

    private static NDArray right(NDArray dy, NDArray x) {
        return dy.mul(x).mul(2);
    }

    static Stream<Wrong> rules() {
        Set<Check> jacobian = EnumSet.of(Check.JACOBIAN);
        Set<Check> zero = EnumSet.of(Check.ZERO_UPSTREAM);
        Set<Check> form = EnumSet.of(Check.GRADIENT_FORM);
        return Stream.of(
                square(
                        "wrong sign",
                        jacobian,
                        (dy, x) -> right(dy, x).neg(),
                        "input 0 (x) of shape (3): 3 of 3 elements are wrong (3 of 9 entries of the"
                                + " Jacobian); worst at [1], by output 0 at [1]: analytical 6.0,"
                                + " numerical -",
                        "allowed difference 0.00601; analytical is -1.0 times numerical in all of"
                                + " them"),
                square(
                        "missing factor",
                        jacobian,
                        (dy, x) -> dy.mul(x).mul(4),
                        "analytical is 2.0 times numerical"),
                square(
                        "forgotten upstream",
                        EnumSet.of(Check.ZERO_UPSTREAM, Check.LINEAR_UPSTREAM, Check.JACOBIAN),
                        (dy, x) -> x.mul(2),
                        "input 0 (x) of shape (3): the gradient is not zero where the upstream"
                                + " gradient is; multiply by it; 3 of 3 elements, worst at [1]:"
                                + " -6.0 instead of 0.0"),
                square(
                        "nonzero for zero upstream, though the derivative is right",
                        zero,
                        (dy, x) -> right(dy, x).add(1e-10),
                        "input 0 (x)"),
                // A one-hot upstream gradient is its own square: the derivatives look right.
                square(
                        "squared upstream",
                        EnumSet.of(Check.LINEAR_UPSTREAM),
                        (dy, x) -> right(dy.mul(dy), x),
                        "input 0 (x)"),
                square(
                        "wrong type",
                        form,
                        (dy, x) -> right(dy, x).toType(DataType.FLOAT32, false),
                        "type float64, but has float32"),
                square(
                        "exception",
                        EnumSet.of(Check.BACKWARD),
                        (dy, x) -> {
                            throw new IllegalStateException("no rule");
                        },
                        "Rule.backward threw",
                        "no rule"),
                product(
                        "missing term",
                        jacobian,
                        Rules.of(
                                (ctx, in) -> {
                                    ctx.saveForBackward(in.get(0), in.get(1));
                                    return new NDList(in.get(0).mul(in.get(1)).add(in.get(0)));
                                },
                                (ctx, dy) -> Rules.productRule(dy.get(0), ctx.savedTensors()),
                                "a",
                                "b"),
                        "input 0 (a) of shape (4): 4 of 4 elements are wrong"),
                product(
                        "one gradient for two inputs",
                        form,
                        Rules.product((dy, s) -> new NDList(dy.mul(s.get(1)))),
                        "Rule.backward returned 1 gradient for 2 inputs"),
                product(
                        "forward that changes its input",
                        EnumSet.of(Check.FORWARD),
                        Rules.of(
                                (ctx, in) -> {
                                    in.get(1).set(new NDIndex(2), 9);
                                    return new NDList(in.get(0).mul(in.get(1)));
                                },
                                (ctx, dy) -> dy,
                                "a",
                                "b"),
                        "Rule.forward changed input 1 (b) in place"),
                // A square weight, because the shape gives any other away.
                linear(
                        "transposed gradient of a square weight",
                        jacobian,
                        3,
                        1,
                        (dy, dw) -> dw.transpose(),
                        "input 1 (weight) of shape (3, 3): 6 of 9 elements are wrong"),
                linear(
                        "transposed gradient of a weight",
                        form,
                        4,
                        1,
                        (dy, dw) -> dw.transpose(),
                        "Rule.backward: the gradient of input 1 (weight) must have shape (4, 3),"
                                + " but has (3, 4)"),
                linear(
                        "forgotten sum over the batch",
                        jacobian,
                        4,
                        2,
                        (dy, db) -> dy.get(0),
                        "input 2 (bias) of shape (4): 4 of 4 elements are wrong",
                        "analytical is zero in all of them"),
                new Wrong(
                        "n for n - 1 in batch norm",
                        jacobian,
                        batchNorm(),
                        t -> new NDArray[] {t.leaf(6, 4), t.leaf(4), t.leaf(4)},
                        List.of("input 0 (x)")),
                square(
                        "value of the first call kept",
                        jacobian,
                        first(),
                        "analytical is 0.99 times"),
                new Wrong(
                        "value of the latest call used",
                        EnumSet.of(Check.LATER_CALLS, Check.JACOBIAN),
                        latest(),
                        t -> new NDArray[] {t.values(1, -3, 2)},
                        List.of("input 0 (x)")));
    }

    /** Both modes reject it for the same reason. */
    @ParameterizedTest
    @MethodSource("rules")
    void isRejected(Wrong wrong) {
        NDArray[] inputs = wrong.inputs.apply(this);
        GradCheckReport slow = new GradCheck().check(wrong.function, inputs);
        assertEquals(
                wrong.checks,
                slow.failures().stream()
                        .map(GradCheckReport.Failure::check)
                        .collect(Collectors.toSet()),
                slow::toString);
        Check check = wrong.checks.iterator().next();
        GradCheckReport.Failure found = failure(check, slow);
        assertContains(
                found.inputName() + " " + found.message(), wrong.said.toArray(String[]::new));
        GradCheckReport fast =
                GradCheck.builder().optFast(true).build().check(wrong.function, inputs);
        assertTrue(fast.failures().stream().anyMatch(x -> x.check() == check), fast::toString);
    }

    /** Returns the only failure of a check. */
    private static GradCheckReport.Failure failure(Check check, GradCheckReport report) {
        List<GradCheckReport.Failure> found =
                report.failures().stream().filter(x -> x.check() == check).toList();
        assertEquals(1, found.size(), report::toString);
        assertFalse(report.passed().contains(check));
        assertThrows(AssertionError.class, report::assertPassed);
        return found.get(0);
    }

    private static AutogradFunction batchNorm() {
        return Rules.of(
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
                WrongRuleTest::batchNormRule,
                "x",
                "gamma",
                "beta");
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

    private static BinaryOperator<NDArray> first() {
        AtomicReference<double[]> first = new AtomicReference<>();
        return (dy, x) -> {
            first.compareAndSet(null, x.toDoubleArray());
            return right(dy, dy.getManager().create(first.get()));
        };
    }

    private static AutogradFunction latest() {
        AtomicReference<double[]> latest = new AtomicReference<>(new double[0]);
        return Rules.of(
                (ctx, in) -> {
                    latest.set(in.get(0).toDoubleArray());
                    return new NDList(in.get(0).mul(in.get(0)));
                },
                (ctx, dy) -> {
                    NDArray stale = dy.get(0).getManager().create(latest.get());
                    return new NDList(right(dy.get(0), stale));
                },
                "x");
    }
}
