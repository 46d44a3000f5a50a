/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.pytorch.engine.PtNDArray;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.djlext.internal.BackwardNode;
import org.djlext.internal.NativeHooks;

/**
 * The users' functions on one array. The engine has one hook for all of them, which it calls while
 * there is any: its own lists of hooks cannot be changed by several threads, and never get shorter.
 *
 * @param <F> the type of a function
 */
abstract class ArrayHooks<F> implements BackwardNode {

    // Not a record: the same function may be there twice, and one be taken away.
    static final class Hook<F> {
        final F function;
        final String what;

        Hook(F function, String what) {
            this.function = function;
            this.what = what;
        }
    }

    final List<Hook<F>> hooks = new CopyOnWriteArrayList<>();
    // What the engine knows this by; 0 after the release.
    private long registered;

    /**
     * Returns those of an array, of the kind as {@link NativeHooks#hooksOf} has it, or the first.
     */
    static <H extends ArrayHooks<?>> H of(
            PtNDArray array, boolean accumulated, Class<H> type, Supplier<H> first) {
        // Two threads must not register for the same array.
        synchronized (ArrayHooks.class) {
            BackwardNode known = NativeHooks.hooksOf(array, accumulated);
            if (known != null) {
                return type.cast(known);
            }
            H all = first.get();
            ((ArrayHooks<?>) all).registered = NativeHooks.hook(all, array, accumulated);
            return all;
        }
    }

    /** Adds a function. Closing the result takes it away. */
    Autograd.Scope add(String what, F function) {
        Hook<F> hook = new Hook<>(function, what);
        change(() -> hooks.add(hook));
        return () -> change(() -> hooks.remove(hook));
    }

    synchronized void change(Runnable change) {
        change.run();
        if (registered != 0) {
            NativeHooks.setHooksActive(registered, isActive());
        }
    }

    /** Whether the engine is to call this. */
    boolean isActive() {
        return !hooks.isEmpty();
    }

    @Override
    public synchronized void onRelease() {
        registered = 0;
        hooks.clear();
    }
}
