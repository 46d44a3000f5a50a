/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;

/**
 * What users get wrong. It must end in an exception of a known kind or, where that is allowed, in
 * the right number; afterwards all works as before.
 */
final class FuzzMisuse {

    final NDManager manager;
    final Random random;
    final FuzzKinds kinds;
    final NDArray x;
    private final Map<String, Runnable> all = new LinkedHashMap<>();

    FuzzMisuse(NDManager manager, Random random, FuzzKinds kinds) {
        this.manager = manager;
        this.random = random;
        this.kinds = kinds;
        x = leaf(3, 4);
        new FuzzCallMisuse(this).addTo(all);
        new FuzzRuleMisuse(this).addTo(all);
        new FuzzThreadMisuse(this).addTo(all);
    }

    /** Misuses something, and returns what. */
    String run() {
        List<Map.Entry<String, Runnable>> some = new ArrayList<>(all.entrySet());
        some.removeIf(misuse -> !kinds.has(misuse.getKey()));
        if (some.isEmpty()) {
            return "nothing";
        }
        Map.Entry<String, Runnable> misuse = pick(some);
        String name = misuse.getKey();
        try {
            misuse.getValue().run();
            if (!Autograd.isRecording()) {
                throw new AssertionError("recording is off");
            }
            NDArray y = TestFunctions.square().apply(x);
            check(grad(y), 6, 8);
        } catch (RuntimeException | Error e) {
            throw new AssertionError("misuse " + name + ": " + e, e);
        }
        return name;
    }

    private NDArray leaf(double... values) {
        NDArray leaf = manager.create(values);
        leaf.setRequiresGradient(true);
        return leaf;
    }

    NDArray grad(NDArray y) {
        return Autograd.grad(
                        new NDList(y), new NDList(x), new NDList(y.onesLike()), true, false, false)
                .get(0);
    }

    static void check(NDArray got, double... want) {
        double[] values = got.toDoubleArray();
        if (!Arrays.equals(want, values)) {
            throw new AssertionError(Arrays.toString(values) + " for " + Arrays.toString(want));
        }
    }

    <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    /** Fails unless the action throws; returns what it has thrown. */
    Exception refused(Supplier<?> action) {
        Object result;
        try {
            result = action.get();
        } catch (RuntimeException e) {
            kinds.check(e);
            return e;
        }
        throw new AssertionError("accepted, with the result " + result);
    }

    /** Either is refused, or right. */
    void refusedOrRight(Supplier<NDArray> action, double... want) {
        NDArray got;
        try {
            got = action.get();
        } catch (RuntimeException e) {
            kinds.check(e);
            return;
        }
        check(got, want);
    }

    /** Either is refused, or leaves alone what must not be changed. */
    void allowed(Supplier<NDArray> action, NDArray unchanged) {
        double[] before = unchanged.toDoubleArray();
        try {
            NDArray unused = action.get();
            if (!Arrays.equals(before, unchanged.toDoubleArray())) {
                throw new AssertionError("an array was changed without a word");
            }
        } catch (IllegalArgumentException | IllegalStateException | EngineException e) {
            kinds.check(e);
            if (!Arrays.equals(before, unchanged.toDoubleArray())) {
                try (Autograd.Scope scope = Autograd.noGrad()) {
                    unchanged.subi(unchanged).addi(manager.create(before));
                }
            }
        }
    }
}
