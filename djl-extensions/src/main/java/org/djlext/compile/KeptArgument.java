/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDList;
import org.djlext.torch.ScriptArgument;
import org.djlext.torch.ScriptFunction;
import org.jspecify.annotations.Nullable;

/**
 * A list of arrays for a function, converted once for all calls that it is the same for. The
 * function is given the same memory without the engine's graph.
 */
final class KeptArgument implements AutoCloseable {

    private final ScriptFunction function;
    private final int index;
    private NDList arrays = new NDList();
    private @Nullable ScriptArgument converted;

    /**
     * Creates an argument.
     *
     * @param function the function
     * @param index which argument of it this is
     */
    KeptArgument(ScriptFunction function, int index) {
        this.function = function;
        this.index = index;
    }

    /** Returns what to give the function for arrays, which may have been replaced by others. */
    ScriptArgument of(NDList now) {
        ScriptArgument kept = converted;
        if (kept == null || !isSame(now)) {
            close();
            NDList detached = new NDList(now.size());
            now.forEach(array -> detached.add(array.stopGradient()));
            kept = function.argument(index, detached);
            detached.close(); // the argument holds what it needs
            converted = kept;
            arrays = now;
        }
        return kept;
    }

    private boolean isSame(NDList now) {
        boolean same = now.size() == arrays.size();
        for (int i = 0; same && i < now.size(); i++) {
            same = now.get(i) == arrays.get(i);
        }
        return same;
    }

    @Override
    public void close() {
        if (converted != null) {
            converted.close();
            converted = null;
        }
    }
}
