/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertFailsSaying;
import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.djlext.internal.NativeHooks;
import org.junit.jupiter.api.Test;

/**
 * Second derivatives through a checkpoint are those of the plain part; and what nobody declared.
 */
class CheckpointSecondOrderTest extends GraphTestBase {

    private static NDList checkpoint(
            Function<NDList, NDList> f, NDList inputs, NDArray... captured) {
        return Checkpoint.apply(f, inputs, new NDList(captured));
    }

    @Test
    void hessianIsThatOfThePlainPart() {
        NDList at = new NDList(manager.create(new double[] {0.3, -1.2}));
        Function<NDList, NDList> part =
                in -> new NDList(TestFunctions.square().apply(in.get(0).tanh().mul(in.get(0))));
        Function<NDList, NDList> plain = in -> new NDList(part.apply(in).get(0).sum());
        Function<NDList, NDList> checkpointed = in -> new NDList(checkpoint(part, in).get(0).sum());
        assertArrayEquals(
                Functional.hessian(plain, at).get(0).get(0).toDoubleArray(),
                Functional.hessian(checkpointed, at).get(0).get(0).toDoubleArray(),
                1e-14);
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
    void gradientPenaltyIsThatOfThePlainPart() {
        NDArray x = leaf(0.5, -1, 2);
        NDArray w = leaf(1, 2, -0.5);
        Function<NDList, NDList> part =
                in -> new NDList(in.get(0).mul(w).sin().mul(in.get(1)).add(in.get(1).exp()));
        NDList want = penalty(x, w, part);
        NDList got = penalty(x, w, in -> checkpoint(part, in, w));
        for (int i = 0; i < 2; i++) {
            assertArrayEquals(
                    want.get(i).toDoubleArray(), got.get(i).toDoubleArray(), 1e-12, "" + i);
        }
    }

    @Test
    void gradientPenaltyBesideAHookOnWhatIsCaptured() {
        NDArray x = leaf(0.5, -1, 2);
        NDArray w = leaf(1, 2, -0.5);
        Function<NDList, NDList> part = in -> new NDList(in.get(0).mul(w).sin().mul(in.get(1)));
        NDList want = penalty(x, w, part);
        Autograd.onGradient(w, g -> null);
        NDList got = penalty(x, w, in -> checkpoint(part, in, w));
        assertArrayEquals(want.get(1).toDoubleArray(), got.get(1).toDoubleArray(), 1e-12);
    }

    @Test
    void inputThatIsCapturedTooOrComesFromWhatIs() {
        NDArray w = leaf(2);
        NDArray h = w.square();
        // w^2 w^2, and (w^2)^2 w^2: once through the input, once beside it.
        NDArray y = checkpoint(in -> new NDList(in.get(0).mul(h)), new NDList(h), h).get(0).sum();
        NDArray z =
                checkpoint(in -> new NDList(in.get(0).mul(h)), new NDList(h.square()), h)
                        .get(0)
                        .sum();
        NDArray first = grad(y, w, true);
        assertValues(first, 4 * 8);
        assertValues(grad(first.sum(), w), 12 * 4);
        NDArray other = grad(z, w, true);
        assertValues(other, 6 * 32);
        assertValues(grad(other.sum(), w), 30 * 16);
    }

    @Test
    void thirdDerivative() {
        NDArray x = leaf(2);
        NDArray y = checkpoint(in -> new NDList(in.get(0).pow(4)), new NDList(x)).get(0).sum();
        NDArray first = grad(y, x, true);
        NDArray second = grad(first.sum(), x, true);
        assertValues(second, 48);
        assertValues(grad(second.sum(), x), 48);
    }

    @Test
    void secondDerivativesLeaveNothingBehind() {
        NDArray x = leaf(2);
        int before = NativeHooks.liveNodes();
        for (int i = 0; i < 3; i++) {
            NDArray y = checkpoint(in -> new NDList(in.get(0).pow(4)), new NDList(x)).get(0);
            NDArray first = grad(y.sum(), x, true);
            Autograd.grad(new NDList(first.sum()), new NDList(x)).close();
            first.close();
            y.close();
        }
        manager.getManagedArrays().stream().filter(a -> a != x).forEach(NDArray::close);
        assertEquals(before, NativeHooks.liveNodes());
    }

    private static void assertUndeclared(String what, Exception e) {
        String message = String.valueOf(e.getMessage());
        assertTrue(
                message.contains(
                        "a checkpointed function uses "
                                + what
                                + ", itself or by what was computed from it"),
                message);
    }

    @Test
    void undeclaredLeafIsNamedWhereNothingElseRequiresAGradient() {
        NDArray data = manager.create(new double[] {1, 2, 3});
        NDArray w = leaf(4, 5, 6);
        w.setName("weight");
        Function<NDList, NDList> part = in -> new NDList(in.get(0).mul(w));
        assertUndeclared(
                "\"weight\" of shape (3)",
                assertThrows(
                        IllegalStateException.class, () -> checkpoint(part, new NDList(data))));
        // Nobody wants a gradient here.
        try (Autograd.Scope scope = Autograd.noGrad()) {
            assertValues(checkpoint(part, new NDList(data)).get(0), 4, 10, 18);
        }
        NDArray y = checkpoint(in -> new NDList(in.get(0).exp()), new NDList(data)).get(0);
        assertFalse(Autograd.requiresGrad(y));
    }

    @Test
    void undeclaredLeafIsNamedInBackward() {
        NDArray x = leaf(1, 2, 3);
        NDArray w = leaf(4, 5, 6);
        NDArray b = leaf(7);
        NDArray h = b.square();
        for (Function<NDList, NDList> part :
                List.<Function<NDList, NDList>>of(
                        in -> new NDList(in.get(0).mul(w).add(b)),
                        in -> new NDList(in.get(0).mul(w).add(h)))) {
            NDArray loss = checkpoint(part, new NDList(x), w).get(0).sum();
            assertUndeclared(
                    "an array of shape (1)",
                    assertThrows(RuntimeException.class, () -> Autograd.backward(loss)));
        }
        // Declared, an intermediate ends the search.
        NDArray loss =
                checkpoint(in -> new NDList(in.get(0).mul(w).add(h)), new NDList(x), w, h)
                        .get(0)
                        .sum();
        assertValues(grad(loss, b), 3 * 14);
    }

    @Test
    void whatWasComputedFromAnotherCapturedArrayIsRefused() {
        NDArray x = leaf(3);
        NDArray w = leaf(2);
        NDArray h = w.square();
        Function<NDList, NDList> part = in -> new NDList(in.get(0).mul(h).mul(w));
        // x w^3 by w is 36. One of them is enough, if that is the one that all comes from.
        assertValues(grad(checkpoint(part, new NDList(x), w).get(0).sum(), w), 36);
        assertRefused(
                "a checkpoint takes captured arrays none of which was computed from another, but"
                        + " captured array 0 was computed from captured array 1; leave out one of"
                        + " them",
                () -> checkpoint(part, new NDList(x), h, w));
    }

    @Test
    void anotherTypeInTheRepetitionIsRefused() {
        NDArray x = leaf(1);
        AtomicInteger calls = new AtomicInteger();
        NDArray y =
                checkpoint(
                                in -> {
                                    NDArray half =
                                            Autograd.cast(
                                                    in.get(0).square(),
                                                    ai.djl.ndarray.types.DataType.FLOAT32);
                                    return new NDList(
                                            calls.incrementAndGet() > 1
                                                    ? in.get(0).square()
                                                    : half);
                                },
                                new NDList(x))
                        .get(0);
        NDArray loss = y.sum();
        assertFailsSaying(
                RuntimeException.class,
                () -> Autograd.backward(loss),
                "[(1) float32 1.0] and then [(1) float64 1.0]");
    }
}
