/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.EngineFunction;
import org.djlext.nn.BatchNormFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Mistakes that are small, rare or hidden, and rules that only look like mistakes. */
class SubtleRulesTest extends SeededTest {

    private static final int[] ROWS = {0};

    private static Arguments square(String name, Check found, BinaryOperator<NDArray> rule) {
        return Arguments.of(
                name, found, 1, Rules.square((dy, s) -> new NDList(rule.apply(dy, s.get(0)))));
    }

    private static NDArray right(NDArray dy, NDArray x) {
        return dy.mul(x).mul(2);
    }

    private static NDArray wide(NDArray x) {
        return x.toType(DataType.FLOAT64, false);
    }

    /** An array as its memory looks, whatever its strides are: what native code may take for it. */
    private static NDArray raw(NDArray x) {
        Shape shape = x.getShape();
        long[] strides = new long[shape.dimension()];
        for (int i = 0; i < strides.length; i++) {
            strides[i] = shape.slice(i + 1).size();
        }
        return EngineFunction.callForArray("as_strided", x, shape, strides);
    }

    static Stream<Arguments> mistakes() {
        return Stream.of(
                square("1e-5 too large", Check.JACOBIAN, (dy, x) -> right(dy, x).mul(1 + 1e-5)),
                square(
                        "a term of 1e-5 too much",
                        Check.JACOBIAN,
                        (dy, x) -> right(dy, x).add(dy.mul(x.square()).mul(1e-5))),
                square(
                        "a constant of 1e-6 too much",
                        Check.JACOBIAN,
                        (dy, x) -> right(dy, x).add(dy.mul(1e-6))),
                square(
                        "halves in between",
                        Check.JACOBIAN,
                        (dy, x) -> {
                            return wide(right(dy, x).toType(DataType.FLOAT16, false));
                        }),
                square("right for positive numbers", Check.JACOBIAN, (dy, x) -> right(dy, x.abs())),
                square("clipped at 1", Check.JACOBIAN, (dy, x) -> right(dy, x).clip(-1, 1)),
                square(
                        "the sign of the upstream gradient lost",
                        Check.LINEAR_UPSTREAM,
                        (dy, x) -> right(dy.abs(), x)),
                square(
                        "not zero where some of the upstream gradient is",
                        Check.LINEAR_UPSTREAM,
                        (dy, x) -> {
                            NDArray some = dy.neq(0).any().toType(DataType.FLOAT64, false);
                            return NDArrays.where(dy.eq(0), x.onesLike().mul(some), right(dy, x));
                        }),
                square(
                        "divided by the upstream gradient and multiplied by it",
                        Check.ZERO_UPSTREAM,
                        (dy, x) -> right(dy.div(dy).mul(dy), x)),
                square(
                        "memory of the input taken as it lies",
                        Check.LAYOUT,
                        (dy, x) -> right(dy, raw(x))),
                square(
                        "memory of the upstream gradient taken as it lies",
                        Check.LAYOUT,
                        (dy, x) -> right(raw(dy), x)),
                Arguments.of(
                        "memory taken as it lies in forward",
                        Check.LAYOUT,
                        1,
                        Rules.of(
                                (ctx, in) -> {
                                    ctx.saveForBackward(raw(in.get(0)));
                                    return new NDList(raw(in.get(0)).square());
                                },
                                (ctx, dy) -> Rules.squareRule(dy.get(0), ctx.savedTensors()))),
                Arguments.of(
                        "left out unless the other input has a gradient too",
                        Check.SINGLE_INPUTS,
                        2,
                        Rules.of(
                                (ctx, in) -> {
                                    ctx.saveForBackward(in.get(0), in.get(1));
                                    return new NDList(in.get(0).mul(in.get(1)));
                                },
                                (ctx, dy) -> {
                                    NDList s = ctx.savedTensors();
                                    NDArray da = dy.get(0).mul(s.get(1));
                                    NDArray db = dy.get(0).mul(s.get(0));
                                    return new NDList(da, ctx.needsInputGrad(0) ? db : null);
                                })),
                Arguments.of(
                        "second output forgotten",
                        Check.JACOBIAN,
                        1,
                        Rules.of(
                                (ctx, in) -> {
                                    ctx.saveForBackward(in.get(0));
                                    return new NDList(in.get(0).square(), in.get(0).mul(3));
                                },
                                (ctx, dy) -> Rules.squareRule(dy.get(0), ctx.savedTensors()))));
    }

    private NDArray[] inputs(int count) {
        return Stream.generate(() -> leaf(2, 3)).limit(count).toArray(NDArray[]::new);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("mistakes")
    void isFoundWithTheDefaults(String name, Check found, int count, AutogradFunction function) {
        GradCheckReport report = new GradCheck().check(function, inputs(count));
        assertTrue(
                report.failures().stream().anyMatch(failure -> failure.check() == found),
                report::toString);
    }

    static Stream<Arguments> secondDerivatives() {
        return Stream.of(
                square("x cut off", Check.JACOBIAN, (dy, x) -> right(dy, x.stopGradient())),
                square("dy cut off", Check.JACOBIAN, (dy, x) -> right(dy.stopGradient(), x)),
                square(
                        "x cut off by a change of type",
                        Check.JACOBIAN,
                        (dy, x) -> right(dy, wide(x.toType(DataType.FLOAT32, false)))),
                square(
                        "right first derivative, slope of another function",
                        Check.JACOBIAN,
                        (dy, x) -> {
                            NDArray value = right(dy, x).stopGradient();
                            NDArray other = right(dy, x.square());
                            return other.sub(other.stopGradient()).add(value);
                        }));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("secondDerivatives")
    void isFoundInSecondDerivatives(
            String name, Check found, int count, AutogradFunction function) {
        new GradCheck().check(function, inputs(count)).assertPassed();
        GradCheckReport report = new GradCheck().gradGradCheck(function, inputs(count));
        assertTrue(
                report.failures().stream().anyMatch(failure -> failure.check() == found),
                report::toString);
    }

    /** Sums over a transposed array add up in another order than over a copy of it. */
    @Test
    void transposedInputIsNotAccused() {
        for (int seed = 0; seed < 5; seed++) {
            NDArray x = leaf(4, 7).stopGradient().transpose();
            x.setRequiresGradient(true);
            new GradCheck()
                    .check(new BatchNormFunction(1e-3, 0), x, leaf(4), leaf(4))
                    .assertPassed();
        }
    }

    /** What was saved, and what is computed again for second derivatives, differ by rounding. */
    @Test
    void recordedBackwardThatAddsUpInAnotherOrderIsNotAccused() {
        AutogradFunction f =
                Rules.of(
                        (ctx, in) -> {
                            NDArray sum = in.get(0).sum();
                            ctx.saveForBackward(in.get(0), sum);
                            return new NDList(in.get(0).mul(sum));
                        },
                        (ctx, dy) -> {
                            NDArray x = ctx.saved(0);
                            NDArray sum = ctx.createsGraph() ? x.sum(ROWS).sum() : ctx.saved(1);
                            NDArray byX = dy.get(0).mul(x).sum();
                            return new NDList(dy.get(0).mul(sum).add(byX));
                        });
        for (int i = 0; i < 5; i++) {
            new GradCheck().gradGradCheck(f, leaf(7, 3)).assertPassed();
        }
    }

    private static Arguments fine(String name, double scale, UnaryOperator<NDArray> function) {
        Function<NDList, NDList> ofList = in -> new NDList(function.apply(in.get(0)));
        return Arguments.of(name, scale, ofList);
    }

    static Stream<Arguments> rightOnes() {
        return Stream.of(
                fine("a kink near by", 0, x -> x.sub(3e-6).maximum(0)),
                fine("two kinks near by", 0, x -> x.sub(9e-5).abs().add(x.add(1.2e-4).abs())),
                fine("curved at a kink", 1, x -> x.mul(x.abs())),
                fine("steep and narrow", 1, x -> x.mul(1000).sin()),
                fine("large values", 1e4, x -> x.square().add(1e7)),
                fine("large values that cancel", 1, x -> x.add(1e6).square().sub(1e12)),
                fine("large logits", 1e4, x -> x.logSoftmax(1).mul(x.softmax(1)).sum()),
                fine("small values", 1e-3, x -> x.square().add(1e-6).log()),
                fine("at the border of its domain", 0, x -> x.add(2e-5).sqrt()),
                fine("a sum over many", 1, x -> x.repeat(0, 500).square().sum()),
                fine("saturated", 30, x -> x.tanh()),
                fine("large gradients that cancel", 1e5, x -> x.sub(x.mean()).pow(3)),
                Arguments.of(
                        "the same output twice, and of integers",
                        1.0,
                        (Function<NDList, NDList>)
                                in -> {
                                    NDArray y = in.get(0).exp();
                                    return new NDList(y, y, in.get(0).argMax());
                                }),
                Arguments.of(
                        "a gradient that is the upstream gradient, and one that is broadcast",
                        1.0,
                        (Function<NDList, NDList>)
                                in ->
                                        Rules.of(
                                                        (ctx, x) ->
                                                                new NDList(
                                                                        x.get(0).add(1),
                                                                        x.get(0).sum()),
                                                        (ctx, dy) -> {
                                                            Shape all = dy.get(0).getShape();
                                                            NDArray d = dy.get(1).broadcast(all);
                                                            return new NDList(dy.get(0).add(d));
                                                        })
                                                .apply(in)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rightOnes")
    void isNotAccused(String name, double scale, Function<NDList, NDList> function) {
        for (boolean fast : new boolean[] {false, true}) {
            NDArray x = leaf(2, 3).mul(scale).stopGradient();
            x.setRequiresGradient(true);
            GradCheck.builder().optFast(fast).build().check(function, new NDList(x)).assertPassed();
        }
    }
}
