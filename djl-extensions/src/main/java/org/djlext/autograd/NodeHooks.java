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

    private final List<Function<NDList, @Nullable NDList>> before = new CopyOnWriteArrayList<>();
    private final List<BiFunction<NDList, NDList, @Nullable NDList>> after =
            new CopyOnWriteArrayList<>();

    Autograd.Scope addBefore(Function<NDList, @Nullable NDList> function) {
        // Another object for each call, so that the same function can be there twice.
        Function<NDList, @Nullable NDList> own = function::apply;
        before.add(own);
        return () -> before.remove(own);
    }

    Autograd.Scope addAfter(BiFunction<NDList, NDList, @Nullable NDList> function) {
        BiFunction<NDList, NDList, @Nullable NDList> own = function::apply;
        after.add(own);
        return () -> after.remove(own);
    }

    /** What the functions before backward make of its gradients, each of which is checked. */
    NDList before(NDList gradOutputs, Consumer<NDList> check) {
        NDList current = gradOutputs;
        for (Function<NDList, @Nullable NDList> function : before) {
            NDList replaced = function.apply(current);
            if (replaced != null) {
                check.accept(replaced);
                current = replaced;
            }
        }
        return current;
    }

    /** What the functions after backward make of its results, each of which is checked. */
    NDList after(NDList gradInputs, NDList gradOutputs, Consumer<NDList> check) {
        NDList current = gradInputs;
        for (BiFunction<NDList, NDList, @Nullable NDList> function : after) {
            NDList replaced = function.apply(current, gradOutputs);
            if (replaced != null) {
                check.accept(replaced);
                current = replaced;
            }
        }
        return current;
    }
}
