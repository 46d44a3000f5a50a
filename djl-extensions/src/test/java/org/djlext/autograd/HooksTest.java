/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertFails;
import static org.djlext.testing.Failures.assertFailsSaying;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.fail;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.djlext.internal.NativeHooks;
import org.junit.jupiter.api.Test;

/** Hooks on leaves, on several arrays and on nodes; gradients worked by hand. */
class HooksTest extends GraphTestBase {

    @Test
    void hookOnALeafSeesTheSumAndMayStep() {
        NDArray w = leaf(1, 2);
        List<double[]> seen = new ArrayList<>();
        Hooks.onAccumulated(w, leaf -> seen.add(Autograd.gradient(leaf).toDoubleArray()));
        // Two uses of w, one gradient: 2 w + 3.
        Autograd.backward(w.square().add(w.mul(factor(3))).sum());
        Autograd.backward(w.square().sum());
        assertEquals("[[5.0, 7.0], [7.0, 11.0]]", Arrays.deepToString(seen.toArray()));

        Hooks.onAccumulated(
                w,
                leaf -> {
                    leaf.subi(Autograd.gradient(leaf).mul(0.1));
                    Autograd.clearGradient(leaf);
                });
        Autograd.clearGradient(w);
        Autograd.backward(w.square().sum());
        assertValues(w, 0.8, 1.6);
        assertNoGradient(w);
        // The step is not recorded, and the leaf is one as before.
        Autograd.backward(w.square().sum());
        assertValues(w, 0.64, 1.28);
    }

    @Test
    void hookOnALeafThatIsTakenAwayOrFails() {
        NDArray w = leaf(3);
        int[] calls = {0};
        Autograd.Scope scope = Hooks.onAccumulated(w, leaf -> calls[0]++);
        Autograd.backward(w.square().sum());
        scope.close();
        Autograd.backward(w.square().sum());
        assertEquals(1, calls[0]);
        Hooks.onAccumulated(
                w,
                leaf -> {
                    throw new IllegalStateException("no step today");
                });
        NDArray loss = w.square().sum();
        assertFailsSaying(RuntimeException.class, () -> Autograd.backward(loss), "no step today");
        // The leaf owns the hook: with it goes what the engine and the JVM hold for it.
        NDArray other = leaf(4);
        int before = NativeHooks.liveNodes();
        Hooks.onAccumulated(other, leaf -> {});
        assertEquals(before + 1, NativeHooks.liveNodes());
        other.close();
        assertEquals(before, NativeHooks.liveNodes());
    }

    @Test
    void hooksThatComeAndGoDoNotPileUp() {
        NDArray w = leaf(3);
        NDArray y = square(w);
        int before = NativeHooks.liveNodes();
        for (int i = 0; i < 100; i++) {
            Autograd.onGradient(w, g -> fail("was removed")).close();
            Hooks.onAccumulated(w, leaf -> fail("was removed")).close();
            Hooks.onAll(new NDList(w), g -> fail("was removed")).close();
            Hooks.beforeBackward(y, dy -> fail("was removed")).close();
        }
        // One for each kind on the leaf, however many there have been.
        assertEquals(before + 2, NativeHooks.liveNodes());
        assertFalse(GradientHooks.of((PtNDArray) w).isActive());
        assertValues(grad(y, w), 6);
    }

    @Test
    void hookOnAllIsCalledOnceWithAll() {
        NDArray a = leaf(2);
        NDArray b = leaf(3);
        NDArray c = leaf(5);
        NDArray h = a.mul(b);
        List<String> seen = new ArrayList<>();
        Autograd.Scope scope =
                Hooks.onAll(
                        new NDList(a, h, c),
                        g -> {
                            List<Double> values = new ArrayList<>();
                            g.forEach(x -> values.add(x == null ? null : x.getDouble(0)));
                            seen.add(values.toString());
                        });
        // d/da a b c = b c, d/dh h c = c, d/dc = a b.
        backward(h.mul(c).sum());
        assertEquals(List.of("[15.0, 5.0, 6.0]"), seen);
        // c has no part in this one, which is known when the pass is over.
        backward(a.mul(b).add(a).sum());
        assertEquals(List.of("[15.0, 5.0, 6.0]", "[4.0, null, null]"), seen);
        // And none of them in this one.
        backward(b.square().sum());
        assertEquals(2, seen.size());
        scope.close();
        backward(a.mul(c).sum());
        assertEquals(2, seen.size());
    }

    @Test
    void hookOnAnyIsCalledWithTheFirst() {
        NDArray a = leaf(2);
        NDArray h = a.square();
        List<Double> seen = new ArrayList<>();
        Hooks.onAny(new NDList(a, h), g -> seen.add(g.getDouble(0)));
        // The gradient of h, 3, is there before that of a.
        backward(h.mul(factor(3)).sum());
        assertEquals(List.of(3.0), seen);
    }

    @Test
    void passThatFailsLeavesNoJointHookBehind() {
        NDArray a = leaf(2);
        NDArray b = leaf(3);
        List<NDList> seen = new ArrayList<>();
        NDArray h = a.mul(b);
        Autograd.onGradient(
                a,
                g -> {
                    throw new IllegalStateException("stop");
                });
        Hooks.onAll(new NDList(h, b), seen::add);
        NDArray loss = h.sum();
        int before = NativeHooks.liveNodes();
        assertThrows(RuntimeException.class, () -> backward(loss));
        assertEquals(before, NativeHooks.liveNodes());
        assertEquals(List.of(), seen);
        // What was left of that pass goes with the next one of this thread.
        backward(leaf(1).square().sum());
    }

    @Test
    void hooksAroundTheBackwardOfAFunction() {
        NDArray x = leaf(3);
        NDArray y = square(x);
        List<String> seen = new ArrayList<>();
        Hooks.beforeBackward(
                y,
                dy -> {
                    seen.add("before " + dy.get(0).getDouble(0));
                    return new NDList(dy.get(0).mul(10));
                });
        Autograd.Scope after =
                Hooks.afterBackward(
                        y,
                        (dx, dy) -> {
                            seen.add("after " + dx.get(0).getDouble(0) + dy.get(0).getDouble(0));
                            return new NDList(dx.get(0).add(1));
                        });
        // 10 * 2 x + 1
        assertValues(grad(y.sum(), x), 61);
        assertEquals(List.of("before 1.0", "after 60.010.0"), seen);
        after.close();
        assertValues(grad(y.sum(), x), 60);
    }

    @Test
    void hooksAroundAFunctionThatReturnWhatDoesNotFit() {
        NDArray x = leaf(3, 4);
        NDArray y = square(x);
        Hooks.beforeBackward(y, dy -> new NDList(dy.get(0).sum()));
        NDArray loss = y.sum();
        assertFails(
                RuntimeException.class,
                "LambdaFunction: a hook before backward must return a gradient for each of 1"
                        + " outputs, of its shape and type, but returned [() float64]",
                () -> Autograd.backward(loss));
        NDArray z = square(x);
        Hooks.afterBackward(z, (dx, dy) -> new NDList());
        NDArray other = z.sum();
        assertFailsSaying(
                RuntimeException.class,
                () -> Autograd.backward(other),
                "LambdaFunction.backward returned 0 gradients");
    }
}
