/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The users' functions around the backward of one call; see {@link Hooks#beforeBackward}. */
final class NodeHooks {

    // Not the function itself: the same may be there twice, and one be taken away.
    private static final class Entry<F> {
        final F function;

        Entry(F function) {
            this.function = function;
        }
    }

    private final List<Entry<Function<NDList, @Nullable NDList>>> before =
            new CopyOnWriteArrayList<>();
    private final List<Entry<BiFunction<NDList, NDList, @Nullable NDList>>> after =
            new CopyOnWriteArrayList<>();

    Autograd.Scope addBefore(Function<NDList, @Nullable NDList> function) {
        return add(before, function);
    }

    Autograd.Scope addAfter(BiFunction<NDList, NDList, @Nullable NDList> function) {
        return add(after, function);
    }

    private static <F> Autograd.Scope add(List<Entry<F>> entries, F function) {
        Entry<F> entry = new Entry<>(function);
        entries.add(entry);
        return () -> entries.remove(entry);
    }

    /** What the functions before backward make of its gradients, each of which is checked. */
    NDList before(NDList gradOutputs, Consumer<NDList> check) {
        return run(before, Function::apply, gradOutputs, check);
    }

    /** What the functions after backward make of its results, each of which is checked. */
    NDList after(NDList gradInputs, NDList gradOutputs, Consumer<NDList> check) {
        return run(after, (f, current) -> f.apply(current, gradOutputs), gradInputs, check);
    }

    private static <F> NDList run(
            List<Entry<F>> entries,
            BiFunction<F, NDList, @Nullable NDList> call,
            NDList gradients,
            Consumer<NDList> check) {
        NDList current = gradients;
        for (Entry<F> entry : entries) {
            NDList replaced = call.apply(entry.function, current);
            if (replaced != null) {
                check.accept(replaced);
                current = replaced;
            }
        }
        return current;
    }
}
