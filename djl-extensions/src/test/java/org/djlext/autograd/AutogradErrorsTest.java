/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.List;
import java.util.function.BiFunction;
import org.djlext.torch.NativeHooks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a wrong function is told: who, what it must do, what it did. The JVM survives all of it. */
class AutogradErrorsTest {

    private NDManager manager;
    private NDArray x;
    private NDArray gamma;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
        x = manager.randomNormal(new Shape(2, 3));
        gamma = manager.randomNormal(new Shape(3));
        x.setRequiresGradient(true);
        gamma.setRequiresGradient(true);
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private static final class Scale extends AutogradFunction {
        private final BiFunction<FunctionContext, NDArray, NDList> rule;

        Scale(BiFunction<FunctionContext, NDArray, NDList> rule) {
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
        NDList s = ctx.savedTensors();
        return new NDList(dy.mul(s.get(1)), dy.mul(s.get(0)).sum(new int[] {0}));
    }

    /** Runs backward with a rule and returns the message of the exception that it must throw. */
    private String failure(BiFunction<FunctionContext, NDArray, NDList> rule) {
        EngineException e;
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray loss = new Scale(rule).apply(x, gamma).sum();
            e = assertThrows(EngineException.class, () -> collector.backward(loss));
            loss.close();
        }
        assertTheEngineStillWorks();
        return String.valueOf(e.getMessage());
    }

    private void assertTheEngineStillWorks() {
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray fresh = x.duplicate();
            fresh.setRequiresGradient(true);
            collector.backward(new Scale(AutogradErrorsTest::correct).apply(fresh, gamma).sum());
            NDArray expected = gamma.broadcast(x.getShape());
            assertEquals(expected.toType(DataType.FLOAT32, true), fresh.getGradient());
        }
    }

    private static void assertContains(String message, String... parts) {
        for (String part : parts) {
            assertTrue(message.contains(part), () -> "\"" + part + "\" is not in: " + message);
        }
    }

    @Test
    void tooFewGradients() {
        assertContains(
                failure((ctx, dy) -> new NDList(dy)),
                "Scale.backward returned 1 gradient for 2 inputs (x, gamma); return one for each,"
                        + " in order, and null for an input that has none");
    }

    @Test
    void tooManyGradients() {
        assertContains(
                failure((ctx, dy) -> new NDList(dy, dy, dy)),
                "Scale.backward returned 3 gradients for 2 inputs (x, gamma)");
    }

    @Test
    @SuppressWarnings("NullAway")
    void noListAtAll() {
        assertContains(
                failure((ctx, dy) -> null), "Scale.backward returned null for 2 inputs (x, gamma)");
    }

    @Test
    void wrongShape() {
        assertContains(
                failure((ctx, dy) -> new NDList(dy, dy)),
                "Scale.backward: the gradient of input 1 (gamma) must have shape (3), but has (2, 3)");
    }

    @Test
    void wrongType() {
        assertContains(
                failure(
                        (ctx, dy) -> {
                            NDList right = correct(ctx, dy);
                            return new NDList(
                                    right.get(0).toType(DataType.FLOAT64, false), right.get(1));
                        }),
                "the gradient of input 0 (x) must have type float32, but has float64");
    }

    @Test
    void closedGradient() {
        assertContains(
                failure(
                        (ctx, dy) -> {
                            NDList right = correct(ctx, dy);
                            right.get(1).close();
                            return right;
                        }),
                "Scale.backward: the gradient of input 1 (gamma) is closed; return an open array");
    }

    @Test
    void exceptionInBackward() {
        assertContains(
                failure(
                        (ctx, dy) -> {
                            throw new IllegalArgumentException("no rule for größe 3");
                        }),
                "Scale.backward threw java.lang.IllegalArgumentException: no rule for größe 3 (at"
                        + " AutogradErrorsTest.java:");
    }

    @Test
    void errorInBackward() {
        assertContains(
                failure(
                        (ctx, dy) -> {
                            throw new StackOverflowError("too deep");
                        }),
                "Scale.backward threw java.lang.StackOverflowError: too deep");
    }

    @Test
    void engineErrorInBackward() {
        assertContains(
                failure((ctx, dy) -> new NDList(dy.matMul(dy), dy)),
                "Scale.backward threw ai.djl.engine.EngineException: ",
                "mat1 and mat2 shapes cannot be multiplied");
    }

    @Test
    void exceptionInForwardPassesThrough() {
        AutogradFunction f =
                TestFunctions.of(
                        (ctx, in) -> {
                            throw new IllegalArgumentException("x must be positive");
                        },
                        (ctx, dy) -> dy);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            Exception e = assertThrows(IllegalArgumentException.class, () -> f.apply(x));
            assertEquals("x must be positive", e.getMessage());
            assertTrue(Autograd.isRecording(), "grad mode is what it was");
        }
    }

    @Test
    void forwardWithoutOutput() {
        AutogradFunction f = TestFunctions.of((ctx, in) -> new NDList(), (ctx, dy) -> dy);
        Exception e = assertThrows(IllegalStateException.class, () -> f.apply(x));
        assertEquals(
                "LambdaFunction.forward must return at least one output, but returned none",
                e.getMessage());
    }

    @Test
    @SuppressWarnings("NullAway")
    void nullInput() {
        Exception e =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> new Scale(AutogradErrorsTest::correct).apply(x, null));
        assertEquals(
                "Scale takes arrays of the PyTorch engine, but input 1 (gamma) is null",
                e.getMessage());
    }

    @Test
    void savedTensorsOutsideBackward() {
        AutogradFunction f =
                TestFunctions.of(
                        (ctx, in) -> {
                            ctx.saveForBackward(in.get(0));
                            return ctx.savedTensors();
                        },
                        (ctx, dy) -> dy);
        Exception e = assertThrows(IllegalStateException.class, () -> f.apply(x));
        assertEquals(
                "LambdaFunction: savedTensors is for backward, not for forward", e.getMessage());
    }

    @Test
    void savedInputChangedInPlace() {
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray h = x.mul(2);
            NDArray loss = new Scale(AutogradErrorsTest::correct).apply(h, gamma).sum();
            try (Autograd.Scope scope = Autograd.noGrad()) {
                h.addi(1);
            }
            Exception e = assertThrows(EngineException.class, () -> collector.backward(loss));
            assertContains(
                    String.valueOf(e.getMessage()),
                    "Scale: saved tensor 0 of shape (2, 3) was changed in place between forward and"
                            + " backward");
        }
    }

    @Test
    void savedOutputChangedInPlace() {
        AutogradFunction exp =
                TestFunctions.of(
                        (ctx, in) -> {
                            NDArray y = in.get(0).exp();
                            ctx.saveForBackward(y);
                            return new NDList(y);
                        },
                        (ctx, dy) -> new NDList(dy.get(0).mul(ctx.savedTensors().get(0))));
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray y = exp.apply(x);
            y.muli(manager.create(2f));
            NDArray loss = y.sum();
            Exception e = assertThrows(EngineException.class, () -> collector.backward(loss));
            assertContains(String.valueOf(e.getMessage()), "saved tensor 0", "changed in place");
        }
    }

    @Test
    void attributeThatIsMissing() {
        assertContains(
                failure((ctx, dy) -> new NDList(dy.mul(ctx.getAttribute("eps", Float.class)))),
                "Scale: no attribute \"eps\"");
    }

    @Test
    void upstreamGradientChangedInPlace() {
        Scale scale = new Scale((ctx, dy) -> new NDList(dy.muli(gamma), dy.sum(new int[] {0})));
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray loss = scale.apply(x, gamma).square().sum();
            Exception e = assertThrows(EngineException.class, () -> collector.backward(loss));
            assertContains(
                    String.valueOf(e.getMessage()),
                    "Scale.backward changed an upstream gradient in place, which others use too; change"
                            + " a copy instead");
        }
    }

    @Test
    void stringsHaveNoGradient() {
        NDArray text = manager.create("abc");
        Scale scale = new Scale(AutogradErrorsTest::correct);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            Exception e = assertThrows(IllegalArgumentException.class, () -> scale.apply(x, text));
            assertEquals(
                    "Scale takes arrays of numbers, but input 1 (gamma) holds strings",
                    e.getMessage());
        }
        Exception e =
                assertThrows(IllegalArgumentException.class, () -> Autograd.requiresGrad(text));
        assertContains(String.valueOf(e.getMessage()), "but got an array of strings");
    }

    @Test
    void needsInputGradOfNoInput() {
        assertContains(
                failure((ctx, dy) -> new NDList(ctx.needsInputGrad(2) ? dy : null)),
                "Scale has inputs 0 to 1, but was asked for 2");
    }

    @Test
    void attributeThatIsAnArray() {
        AutogradFunction f =
                TestFunctions.of(
                        (ctx, in) -> {
                            ctx.setAttribute("mask", in.get(0).gt(0));
                            return in;
                        },
                        (ctx, dy) -> dy);
        Exception e = assertThrows(IllegalArgumentException.class, () -> f.apply(x));
        assertEquals(
                "LambdaFunction: attribute \"mask\" is an array, which would be closed before backward; give it"
                        + " to saveForBackward",
                e.getMessage());
    }

    @Test
    void failuresLeaveNothingBehind() {
        int before = NativeHooks.liveNodes();
        failure((ctx, dy) -> new NDList(dy));
        manager.close();
        manager = NDManager.newBaseManager();
        assertEquals(before, NativeHooks.liveNodes());
        assertFalse(Autograd.isRecording());
    }
}
