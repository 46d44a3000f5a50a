/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertContains;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * What a mistake is told: who, what it must do, what it did. The JVM survives all of it, in any
 * order as {@link AutogradFuzzTest} shows.
 */
class AutogradErrorsTest extends GraphTestBase {

    @TestFactory
    Stream<DynamicTest> isRefusedInWordsAndAllWorksAsBefore() {
        NDArray x = leaf(3, 4);
        return Misuses.all(x).stream().map(m -> dynamicTest(m.said(), () -> m.check(x)));
    }

    @Test
    void whatARuleOrAHookThrowsIsTheCause() {
        NDArray x = leaf(3);
        for (Throwable mine :
                List.of(
                        new IllegalArgumentException("no rule for größe 3"),
                        new AssertionError("expected 3"),
                        new StackOverflowError("too deep"))) {
            NDArray hooked = square(x);
            Autograd.onGradient(hooked, g -> TestFunctions.throwing(mine));
            NDArray ruled = TestFunctions.failing(mine).apply(x.mul(factor(2))).exp();
            for (NDArray y : List.of(ruled, hooked)) {
                assertCausedBy(mine, assertThrows(EngineException.class, () -> grad(y, x)));
                NDArray loss = y.sum();
                Exception e = assertThrows(EngineException.class, () -> backward(loss));
                assertCausedBy(mine, e);
                assertContains(String.valueOf(e.getMessage()), String.valueOf(mine.getMessage()));
            }
        }
    }

    @Test
    void causeOfAPassWithinAPass() {
        IllegalStateException mine = new IllegalStateException("innermost");
        NDArray x = leaf(3);
        NDArray inner = TestFunctions.failing(mine).apply(x);
        AutogradFunction outer = TestFunctions.linear(v -> v.square(), dy -> grad(inner, x));
        NDArray y = outer.apply(x);
        assertCausedBy(mine, assertThrows(EngineException.class, () -> grad(y, x)));
    }

    @Test
    void contextOutlivesItsPassWithoutReachingAnothersMemory() {
        FunctionContext[] kept = new FunctionContext[1];
        NDList escaped = new NDList();
        AutogradFunction square =
                TestFunctions.of(
                        (ctx, in) -> {
                            kept[0] = ctx;
                            NDArray left = in.get(0).mul(in.get(0));
                            escaped.addAll(List.of(in.get(0), left));
                            ctx.saveForBackward(in.get(0).sin());
                            ctx.saveForBackward(in.get(0)); // replaces the first
                            return new NDList(in.get(0).mul(in.get(0)));
                        },
                        (ctx, dy) -> {
                            NDArray x = ctx.saved(0);
                            escaped.addAll(List.of(x, dy.get(0)));
                            return new NDList(dy.get(0).mul(x.add(x)));
                        });
        NDArray x = leaf(3, 4);
        NDArray y = square.apply(x);
        assertThrows(IllegalStateException.class, () -> kept[0].savedTensors());
        assertValues(Autograd.grad(new NDList(y.sum()), new NDList(x)).get(0), 6, 8);
        assertThrows(IllegalStateException.class, () -> kept[0].savedTensors());
        for (NDArray array : escaped) {
            // Closed, or still what it was.
            try {
                array.add(array);
            } catch (IllegalStateException e) {
                assertTrue(((PtNDArray) array).isReleased(), e.getMessage());
            }
        }
        kept[0].saveForBackward(x);
        kept[0].setMaterializeGrads(false);
        kept[0].markNonDifferentiable(x);
        assertValues(x, 3, 4);
    }

    /** Kotlin and Scala do not ask whether an exception is checked. */
    @SuppressWarnings("unchecked")
    private static <T extends Throwable> RuntimeException unchecked(Throwable e) throws T {
        throw (T) e;
    }

    @Test
    void checkedExceptionsAreLikeOthers() {
        IOException mine = new IOException("no disk");
        NDArray x = leaf(3);
        NDArray y =
                TestFunctions.linear(
                                v -> v.square(),
                                dy -> {
                                    throw AutogradErrorsTest.<RuntimeException>unchecked(mine);
                                })
                        .apply(x);
        Exception e = assertThrows(EngineException.class, () -> grad(y, x));
        assertCausedBy(mine, e);
        assertContains(
                String.valueOf(e.getMessage()),
                "LambdaFunction.backward threw java.io.IOException: no disk");
        List<NDArray> held = new ArrayList<>();
        AutogradFunction failing =
                TestFunctions.of(
                        (ctx, in) -> {
                            ctx.saveForBackward(in.get(0));
                            throw AutogradErrorsTest.<RuntimeException>unchecked(mine);
                        },
                        (ctx, dy) -> dy);
        SavedTensorHooks<Object> hooks =
                new TestFunctions.Packing<>(
                        array -> held.add(array), (packed, m) -> m.create(1), p -> held.clear());
        try (Autograd.Scope scope = Hooks.onSavedTensors(hooks)) {
            assertSame(mine, assertThrows(IOException.class, () -> failing.apply(x)));
        }
        assertEquals(List.of(), held, "what was saved is not released");
    }
}
