/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.djlext.internal.BackwardNode;
import org.djlext.internal.NativeHooks;
import org.djlext.internal.NodePass;
import org.jspecify.annotations.Nullable;

/** A user's function on the gradients of several arrays; see {@link Hooks#onAll}. */
final class JointHook {

    private final int count;
    private final Consumer<NDList> function;
    private final boolean first;
    // What has come so far, by the number of the pass.
    private final Map<Integer, Arrivals> passes = new ConcurrentHashMap<>();

    private JointHook(int count, Consumer<NDList> function, boolean first) {
        this.count = count;
        this.function = function;
        this.first = first;
    }

    /** Adds a function, which gets the first gradient alone or all of them. */
    static Autograd.Scope add(
            String method, NDList arrays, Consumer<NDList> function, boolean first) {
        ForwardMode.endBy(method);
        if (arrays.isEmpty()) {
            throw new IllegalArgumentException(method + " takes at least one array, but got none");
        }
        for (int i = 0; i < arrays.size(); i++) {
            if (!Autograd.requiresGrad(Arguments.onPyTorch(method, arrays.get(i)))) {
                throw new IllegalArgumentException(
                        "%s takes arrays that gradients flow to, but none flows to array %s, %s"
                                .formatted(method, i, Arguments.describe(arrays.get(i))));
            }
        }
        JointHook joint = new JointHook(arrays.size(), function, first);
        List<Autograd.Scope> added = new ArrayList<>(arrays.size());
        for (int i = 0; i < arrays.size(); i++) {
            int number = i;
            PtNDArray array = (PtNDArray) arrays.get(i);
            added.add(
                    GradientHooks.of(array)
                            .add(Arguments.describe(array), g -> joint.arrived(number, g)));
        }
        return () -> added.forEach(Autograd.Scope::close);
    }

    private @Nullable NDArray arrived(int i, NDArray gradient) {
        int pass = NativeHooks.currentPass();
        Arrivals arrivals = passes.get(pass);
        if (arrivals == null) {
            Arrivals mine = new Arrivals(pass);
            Arrivals other = passes.putIfAbsent(pass, mine);
            arrivals = other == null ? mine : other;
            if (other == null) {
                NativeHooks.atEndOfPass(mine);
            }
        }
        arrivals.add(i, (PtNDArray) gradient);
        return null;
    }

    /** The gradients of one pass, which the engine lets go at its end. */
    private final class Arrivals implements BackwardNode {

        private final int pass;
        private final @Nullable PtNDArray[] gradients = new PtNDArray[count];
        private int missing = count;
        private boolean called;

        Arrivals(int pass) {
            this.pass = pass;
        }

        synchronized void add(int i, PtNDArray gradient) {
            if (called) {
                return;
            }
            long handle = gradient.getHandle();
            NDManager manager = NDManager.newBaseManager(gradient.getDevice(), "PyTorch");
            gradients[i] =
                    new PtNDArray((PtNDManager) manager, NativeHooks.connected(handle, handle));
            missing--;
            if (missing == 0 || first) {
                call();
            }
        }

        private void call() {
            called = true;
            try {
                function.accept(new NDList(gradients));
            } finally {
                free();
            }
        }

        private void free() {
            for (PtNDArray gradient : gradients) {
                if (gradient != null) {
                    // With all that was computed from it.
                    gradient.getManager().close();
                }
            }
            Arrays.fill(gradients, null);
        }

        @Override
        public synchronized void backward(NodePass none) {
            if (!called) {
                call();
            }
        }

        @Override
        public synchronized void onRelease() {
            passes.remove(pass);
            free();
        }
    }
}
