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

/** A list of arrays for a function, converted once for all calls that it is the same for. */
final class KeptArgument implements AutoCloseable {

    private final ScriptFunction function;
    private final int index;
    private final boolean isRecorded;
    private NDList arrays = new NDList();
    private @Nullable ScriptArgument converted;

    /**
     * Creates an argument.
     *
     * @param function the function
     * @param index which argument of it this is
     * @param isRecorded whether the engine records the function, which may then change no parameter
     *     but by another array over the same memory
     */
    KeptArgument(ScriptFunction function, int index, boolean isRecorded) {
        this.function = function;
        this.index = index;
        this.isRecorded = isRecorded;
    }

    /** Returns what to give the function for arrays, which may have been replaced by others. */
    ScriptArgument of(NDList now) {
        ScriptArgument kept = converted;
        if (kept == null || !isSame(now)) {
            close();
            kept = convert(now);
            converted = kept;
            arrays = now;
        }
        return kept;
    }

    private ScriptArgument convert(NDList now) {
        if (!isRecorded) {
            return function.argument(index, now);
        }
        NDList detached = new NDList(now.size());
        now.forEach(array -> detached.add(array.stopGradient()));
        ScriptArgument argument = function.argument(index, detached);
        detached.close(); // the argument holds what it needs
        return argument;
    }

    private boolean isSame(NDList now) {
        // What was detached stays where the array was, when that is set to other memory.
        boolean same = !isRecorded && now.size() == arrays.size();
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
