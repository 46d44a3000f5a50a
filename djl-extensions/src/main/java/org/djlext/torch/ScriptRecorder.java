/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes calls of scripts on arrays that note what is done with them. */
public interface ScriptRecorder {

    /** An array that belongs to a recorder. */
    interface Recorded extends NDArray {

        /** {@return who records what is done with this array} */
        ScriptRecorder recorder();
    }

    /**
     * Notes a call of a function of a script.
     *
     * @param function the function
     * @param arguments its arguments, as {@link ScriptFunction#call} takes them
     * @return its results
     */
    NDList call(ScriptFunction function, @Nullable Object... arguments);

    /**
     * {@return the recorder that one of some arguments belongs to, or null if there is none}
     *
     * @param arguments arrays, lists of arrays, and others
     */
    static @Nullable ScriptRecorder of(@Nullable Object... arguments) {
        for (Object argument : arguments) {
            ScriptRecorder recorder =
                    argument instanceof Recorded recorded
                            ? recorded.recorder()
                            : argument instanceof List<?> list ? of(list.toArray()) : null;
            if (recorder != null) {
                return recorder;
            }
        }
        return null;
    }
}
