/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertContains;
import static org.djlext.testing.Failures.assertFails;
import static org.djlext.testing.Failures.assertFailsSaying;
import static org.djlext.testing.Failures.assertRefused;
import static org.djlext.testing.Failures.assertRefusedSaying;
import static org.djlext.testing.Failures.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.djlext.internal.NativeHooks;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a wrong function is told: who, what it must do, what it did. The JVM survives all of it. */
class AutogradErrorsTest extends GraphTestBase {

    private NDArray x;
    private NDArray gamma;

    @BeforeEach
    void createInputs() {
        x = leaf(1, -2, 0.5, 3, 0.3, -1).reshape(2, 3).stopGradient();
        x.setRequiresGradient(true);
        gamma = leaf(0.5, -1, 2);
    }

    /** A backward of {@link Scale}. */
    private interface Rule extends BiFunction<FunctionContext, NDArray, NDList> {}

    private static final class Scale extends AutogradFunction {

        private final Rule rule;

        Scale(Rule rule) {
            this.rule = rule;
        }

        @Override
        protected NDList forward(FunctionContext ctx, NDList inputs) {
            ctx.saveForBackward(inputs.get(0), inputs.get(1));
            return new NDList(inputs.get(0).mul(inputs.get(1)));
        }

        @Override
        protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
            return rule.apply(ctx, gradOutputs.get(0));
        }

        @Override
        protected List<String> inputNames() {
            return List.of("x", "gamma");
        }
    }

    private static NDList correct(FunctionContext ctx, NDArray dy) {
        return new NDList(dy.mul(ctx.saved(1)), dy.mul(ctx.saved(0)).sum(new int[] {0}));
    }

    /** Runs backward with a rule and returns the message of the exception that it must throw. */
    private String failure(Rule rule) {
        NDArray loss = new Scale(rule).apply(x, gamma).sum();
        String message = message(EngineException.class, () -> backward(loss));
        loss.close();
        // The engine still works.
        NDArray dx = grad(new Scale(AutogradErrorsTest::correct).apply(x, gamma), x);
        assertEquals(gamma.stopGradient().broadcast(x.getShape()), dx);
        return message;
    }

    @SuppressWarnings("NullAway")
    static Stream<Arguments> wrongRules() {
        return Stream.of(
                wrong(
                        (ctx, dy) -> new NDList(dy),
                        "Scale.backward returned 1 gradient for 2 inputs (x, gamma); return one for"
                                + " each, in order, and null for an input that has none"),
                wrong(
                        (ctx, dy) -> new NDList(dy, dy, dy),
                        "Scale.backward returned 3 gradients for 2 inputs (x, gamma)"),
                wrong((ctx, dy) -> null, "Scale.backward returned null for 2 inputs (x, gamma)"),
                wrong(
                        (ctx, dy) -> new NDList(dy, dy),
                        "Scale.backward: the gradient of input 1 (gamma) must have shape (3), but"
                                + " has (2, 3)"),
                wrong(
                        (ctx, dy) -> new NDList(dy.toType(DataType.FLOAT32, false), dy),
                        "the gradient of input 0 (x) must have type float64, but has float32"),
                wrong(
                        (ctx, dy) -> {
                            NDList right = correct(ctx, dy);
                            right.get(1).close();
                            return right;
                        },
                        "Scale.backward: the gradient of input 1 (gamma) is closed; return an open"
                                + " array"),
                wrong(
                        (ctx, dy) -> {
                            throw new IllegalArgumentException("no rule for größe 3");
                        },
                        "Scale.backward threw java.lang.IllegalArgumentException: no rule for größe"
                                + " 3 (at AutogradErrorsTest.java:"),
                wrong(
                        (ctx, dy) -> {
                            throw new StackOverflowError("too deep");
                        },
                        "Scale.backward threw java.lang.StackOverflowError: too deep"),
                wrong(
                        (ctx, dy) -> new NDList(dy.matMul(dy), dy),
                        "Scale.backward threw ai.djl.engine.EngineException: ",
                        "mat1 and mat2 shapes cannot be multiplied"),
                wrong(
                        (ctx, dy) -> new NDList(dy.mul(ctx.getAttribute("eps", Float.class))),
                        "Scale: no attribute \"eps\""),
                wrong(
                        (ctx, dy) -> new NDList(ctx.needsInputGrad(2) ? dy : null),
                        "Scale has inputs 0 to 1, but was asked for 2"));
    }

    private static Arguments wrong(Rule rule, String... said) {
        return Arguments.of(rule, said);
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("wrongRules")
    void ruleThatIsWrongIsToldWhy(Rule rule, String... said) {
        assertContains(failure(rule), said);
    }

    static Stream<Arguments> wrongForwards() {
        return Stream.of(
                Arguments.of(
                        IllegalArgumentException.class,
                        "x must be positive",
                        TestFunctions.of(
                                (ctx, in) -> {
                                    throw new IllegalArgumentException("x must be positive");
                                },
                                (ctx, dy) -> dy)),
                Arguments.of(
                        IllegalStateException.class,
                        "LambdaFunction.forward must return at least one output, but returned none",
                        TestFunctions.of((ctx, in) -> new NDList(), (ctx, dy) -> dy)),
                Arguments.of(
                        IllegalStateException.class,
                        "LambdaFunction: savedTensors is for backward, not for forward",
                        TestFunctions.of(
                                (ctx, in) -> {
                                    ctx.saveForBackward(in.get(0));
                                    return ctx.savedTensors();
                                },
                                (ctx, dy) -> dy)),
                Arguments.of(
                        IllegalArgumentException.class,
                        "LambdaFunction: attribute \"mask\" is an array, which would be closed"
                                + " before backward; give it to saveForBackward",
                        TestFunctions.of(
                                (ctx, in) -> {
                                    ctx.setAttribute("mask", in.get(0).gt(0));
                                    return in;
                                },
                                (ctx, dy) -> dy)));
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("wrongForwards")
    void exceptionOfForwardPassesThrough(
            Class<? extends Exception> type, String message, AutogradFunction function) {
        assertFails(type, message, () -> function.apply(x));
        assertTrue(Autograd.isRecording(), "grad mode is what it was");
    }

    @Test
    @SuppressWarnings("NullAway")
    void inputsThatAreNoNumbers() {
        Scale scale = new Scale(AutogradErrorsTest::correct);
        NDArray text = manager.create("abc");
        assertRefused(
                "Scale takes arrays of the PyTorch engine, but input 1 (gamma) is null",
                () -> scale.apply(x, null));
        assertRefused(
                "Scale takes arrays of numbers, but input 1 (gamma) holds strings",
                () -> scale.apply(x, text));
        assertRefusedSaying("but got an array of strings", () -> Autograd.requiresGrad(text));
    }

    @Test
    void savedInputChangedInPlace() {
        NDArray h = x.mul(factor(2));
        NDArray loss = new Scale(AutogradErrorsTest::correct).apply(h, gamma).sum();
        try (Autograd.Scope scope = Autograd.noGrad()) {
            h.addi(1);
        }
        assertFailsSaying(
                EngineException.class,
                () -> backward(loss),
                "Scale: saved tensor 0 of shape (2, 3) was changed in place between forward and"
                        + " backward");
    }

    @Test
    void savedOutputChangedInPlace() {
        NDArray y = TestFunctions.byOutput(NDArray::exp, (e, de) -> de.mul(e)).apply(x);
        y.muli(factor(2));
        NDArray loss = y.sum();
        assertFailsSaying(
                EngineException.class, () -> backward(loss), "saved tensor 0", "changed in place");
    }

    @Test
    void upstreamGradientChangedInPlace() {
        Scale scale = new Scale((ctx, dy) -> new NDList(dy.muli(gamma), dy.sum(new int[] {0})));
        NDArray loss = scale.apply(x, gamma).square().sum();
        assertFailsSaying(
                EngineException.class,
                () -> backward(loss),
                "Scale.backward changed an upstream gradient in place, which others use too; change"
                        + " a copy instead");
    }

    @Test
    void failuresLeaveNothingBehind() {
        int before = NativeHooks.liveNodes();
        failure((ctx, dy) -> new NDList(dy));
        manager.close();
        assertEquals(before, NativeHooks.liveNodes());
    }
}
