/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertContains;
import static org.djlext.testing.Failures.assertFailsSaying;
import static org.djlext.testing.Failures.assertRefused;
import static org.djlext.testing.Failures.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.djlext.internal.NativeHooks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** A checkpointed part is to the graph around it what the plain one is. */
class CheckpointGraphTest extends GraphTestBase {

    private static NDList checkpoint(
            Function<NDList, NDList> part, NDList inputs, NDArray... captured) {
        return Checkpoint.apply(part, inputs, new NDList(captured));
    }

    private static NDArray checkpoint(UnaryOperator<NDArray> part, NDArray x, NDArray... captured) {
        return checkpoint(in -> new NDList(part.apply(in.get(0))), new NDList(x), captured).get(0);
    }

    @Test
    void hookOfWhatIsCapturedRunsOnce() {
        NDArray x = leaf(5);
        NDArray w = leaf(2);
        times(w, 10);
        backward(checkpoint(v -> v.mul(w), x, w).sum());
        assertGradient(w, 50);
        assertGradient(x, 2);
    }

    @Test
    void hookOfACapturedIntermediateSeesTheWholeGradient() {
        NDArray x = leaf(5);
        NDArray w = leaf(2);
        NDArray h = w.square();
        times(h, 10);
        // Once through the checkpoint, 5, and once around it, 1; then 10 times that, times 2 w.
        backward(checkpoint(v -> v.mul(h), x, h).add(h).sum());
        assertGradient(w, 240);
    }

    @Test
    void retainedGradientOfACapturedIntermediate() {
        NDArray x = leaf(5);
        NDArray w = leaf(2);
        NDArray h = Autograd.retainGrad(w.square());
        backward(checkpoint(v -> v.mul(h), x, h).sum());
        assertGradient(h, 5);
        assertGradient(w, 20);
    }

    @Test
    void hookOfAnInputRunsOnce() {
        NDArray x = leaf(5);
        times(x, 10);
        backward(checkpoint(v -> v.square(), x).sum());
        assertGradient(x, 100);
        NDArray z = leaf(3);
        backward(checkpoint(v -> v, z).square().sum());
        assertGradient(z, 6);
    }

    /** What a part gives the first time, and what the second. */
    private void assertChangeIsRefused(
            UnaryOperator<NDList> first, UnaryOperator<NDList> second, String... said) {
        AtomicInteger calls = new AtomicInteger();
        NDList y =
                checkpoint(
                        in -> (calls.incrementAndGet() > 1 ? second : first).apply(in),
                        new NDList(leaf(5)));
        NDArray loss = y.get(0).sum();
        String message = message(RuntimeException.class, () -> backward(loss));
        assertContains(message, "a checkpointed function must compute the same again in backward");
        assertContains(message, said);
    }

    @Test
    void partThatGivesSomethingElseTheSecondTimeIsRefused() {
        UnaryOperator<NDList> one = in -> new NDList(in.get(0).square());
        UnaryOperator<NDList> two = in -> new NDList(in.get(0).square(), in.get(0).exp());
        assertChangeIsRefused(one, two);
        assertChangeIsRefused(two, one);
        assertChangeIsRefused(one, in -> new NDList(in.get(0).square().sum()));
        assertChangeIsRefused(one, in -> new NDList(in.get(0).add(in.get(0))));
        assertChangeIsRefused(
                one,
                in -> new NDList(Autograd.cast(in.get(0).square(), DataType.FLOAT32)),
                "[(1) float64 25.0] and then [(1) float32 25.0]");
    }

    @Test
    void checkpointWithoutInputsOrOfNothing() {
        NDArray w = leaf(3);
        backward(checkpoint(in -> new NDList(w.square()), new NDList(), w).get(0).sum());
        assertGradient(w, 6);
        NDArray constant = manager.create(new double[] {3});
        assertValues(checkpoint(in -> new NDList(constant.square()), new NDList()).get(0), 9);
    }

    @Test
    void detachedOutput() {
        NDArray x = leaf(3);
        backward(checkpoint(v -> v.stopGradient(), x).add(x).sum());
        assertGradient(x, 1);
        NDArray z = leaf(3);
        NDList two =
                checkpoint(
                        in -> new NDList(in.get(0).stopGradient(), in.get(0).square()),
                        new NDList(z));
        backward(two.get(0).add(two.get(1)).sum());
        assertGradient(z, 6);
    }

    /** The gradients of a loss with the norm of a gradient in it, by the input and the weights. */
    private static NDList penalty(NDArray x, NDArray w, Function<NDList, NDList> part) {
        // The input of the part is an intermediate, and one of its inputs is another's source.
        NDArray h = x.mul(w);
        NDArray y = part.apply(new NDList(h, x)).get(0).sum();
        NDArray dx = grad(y, x, true);
        NDArray loss = y.add(dx.square().sum());
        return Autograd.grad(new NDList(loss), new NDList(x, w));
    }

    @Test
    void gradientPenaltyIsThatOfThePlainPartWithAHookOnWhatIsCapturedToo() {
        NDArray x = leaf(0.5, -1, 2);
        NDArray w = leaf(1, 2, -0.5);
        Function<NDList, NDList> part =
                in -> new NDList(in.get(0).mul(w).sin().mul(in.get(1)).add(in.get(1).exp()));
        NDList want = penalty(x, w, part);
        for (boolean hooked : new boolean[] {false, true}) {
            if (hooked) {
                Autograd.onGradient(w, g -> null);
            }
            NDList got = penalty(x, w, in -> checkpoint(part, in, w));
            assertValues(got.get(0), want.get(0).toDoubleArray());
            assertValues(got.get(1), want.get(1).toDoubleArray());
        }
    }

    @Test
    void inputThatIsCapturedTooOrComesFromWhatIs() {
        NDArray w = leaf(2);
        NDArray h = w.square();
        // w^2 w^2, and (w^2)^2 w^2: once through the input, once beside it.
        NDArray first = grad(checkpoint(v -> v.mul(h), h, h), w, true);
        assertValues(first, 4 * 8);
        assertValues(grad(first, w), 12 * 4);
        NDArray other = grad(checkpoint(v -> v.mul(h), h.square(), h), w, true);
        assertValues(other, 6 * 32);
        assertValues(grad(other, w), 30 * 16);
    }

    @Test
    void thirdDerivativeAndNothingIsLeftBehind() {
        NDArray x = leaf(2);
        for (int i = 0; i < 3; i++) {
            NDArray y = checkpoint(v -> v.pow(4), x);
            NDArray first = grad(y, x, true);
            NDArray second = grad(first, x, true);
            assertValues(second, 48);
            assertValues(grad(second, x), 48);
            manager.getManagedArrays().stream().filter(a -> a != x).forEach(NDArray::close);
            assertEquals(nodes, NativeHooks.liveNodes());
        }
    }

    private static void assertUndeclared(
            String what, Class<? extends Exception> type, Executable call) {
        String message = "a checkpointed function uses %s, itself or by what was computed from it";
        assertFailsSaying(type, call, message.formatted(what));
    }

    @Test
    void undeclaredLeafIsNamedWhereNothingElseRequiresAGradient() {
        NDArray data = manager.create(new double[] {1, 2, 3});
        NDArray w = leaf(4, 5, 6);
        w.setName("weight");
        assertUndeclared(
                "\"weight\" of shape (3)",
                IllegalStateException.class,
                () -> checkpoint(v -> v.mul(w), data));
        // Nobody wants a gradient here.
        try (Autograd.Scope scope = Autograd.noGrad()) {
            assertValues(checkpoint(v -> v.mul(w), data), 4, 10, 18);
        }
        assertFalse(Autograd.requiresGrad(checkpoint(v -> v.exp(), data)));
    }

    @Test
    void undeclaredLeafIsNamedInBackward() {
        NDArray x = leaf(1, 2, 3);
        NDArray w = leaf(4, 5, 6);
        NDArray b = leaf(7);
        NDArray h = b.square();
        for (NDArray undeclared : List.of(b, h)) {
            NDArray loss = checkpoint(v -> v.mul(w).add(undeclared), x, w).sum();
            assertUndeclared(
                    "an array of shape (1)", RuntimeException.class, () -> Autograd.backward(loss));
        }
        // Declared, an intermediate ends the search.
        assertValues(grad(checkpoint(v -> v.mul(w).add(h), x, w, h), b), 3 * 14);
    }

    @Test
    void whatWasComputedFromAnotherCapturedArrayIsRefused() {
        NDArray x = leaf(3);
        NDArray w = leaf(2);
        NDArray h = w.square();
        UnaryOperator<NDArray> part = v -> v.mul(h).mul(w);
        // x w^3 by w is 36. One of them is enough, if that is the one that all comes from.
        assertValues(grad(checkpoint(part, x, w), w), 36);
        assertRefused(
                "a checkpoint takes captured arrays none of which was computed from another, but"
                        + " captured array 0 was computed from captured array 1; leave out one of"
                        + " them",
                () -> checkpoint(part, x, h, w));
    }

    @Test
    void whatIsCapturedTwiceHasOneGradient() {
        NDArray x = leaf(3);
        NDArray w = leaf(5);
        NDArray h = w.mul(factor(2));
        assertValues(grad(checkpoint(v -> v.mul(w), x, w, w), w), 3);
        assertValues(grad(checkpoint(v -> v.mul(h), x, h, h), w), 6);
        NDList captured = new NDList(w);
        NDArray y =
                Checkpoint.apply(in -> new NDList(in.get(0).mul(w)), new NDList(x), captured)
                        .get(0);
        captured.clear(); // the list is the caller's
        assertValues(grad(y, w), 3);
    }

    @Test
    void partThatReturnsNothingIsRefused() {
        for (NDArray x : List.of(leaf(3), manager.create(3.0))) {
            assertFailsSaying(
                    IllegalStateException.class,
                    () -> checkpoint(in -> new NDList(), new NDList(x)),
                    "Checkpoint.forward must return at least one output, but returned none");
        }
    }
}
