/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import org.djlext.torch.ScriptRecorder;
import org.jspecify.annotations.Nullable;

/**
 * Takes the calls of functions on arrays that note what is done with them, such as those of a tape,
 * in the place of the engine's graph.
 */
public interface Recorder extends ScriptRecorder {

    /** An array that belongs to a recorder. */
    interface Recorded extends ScriptRecorder.Recorded {
        @Override
        Recorder recorder();
    }

    /**
     * Runs a function, and remembers how to differentiate it.
     *
     * @param function the function
     * @param inputs its inputs, at least one of them an array of this recorder
     * @return its outputs
     */
    NDList record(AutogradFunction function, NDList inputs);

    /**
     * Notes a call of one of the engine's own functions: see {@link EngineFunction#call}.
     *
     * @param function the name of a function of libtorch, such as "native_layer_norm"
     * @param arguments its arguments: arrays, lists of arrays, numbers, booleans, shapes, null for
     *     None, and text that is written as it is
     * @return its results
     */
    NDList call(String function, @Nullable Object... arguments);

    /**
     * Differentiates in the place of {@link Autograd#grad}, whose arguments these are.
     *
     * @param outputs the arrays to differentiate, all of this recorder
     * @param inputs the arrays to differentiate by, all of this recorder
     * @param gradOutputs an upstream gradient for each output, or null for ones
     * @param createGraph whether the gradients are to be differentiated in turn
     * @param allowUnused whether an input may be one that no output depends on
     * @return a gradient for each input, or null
     */
    NDList grad(
            NDList outputs,
            NDList inputs,
            NDList gradOutputs,
            boolean createGraph,
            boolean allowUnused);

    /**
     * {@return the recorder that one of the arrays belongs to, or null if they are all the
     * engine's}
     *
     * @param arrays the arrays
     */
    static @Nullable Recorder of(NDList arrays) {
        for (NDArray array : arrays) {
            if (array instanceof Recorded recorded) {
                return recorded.recorder();
            }
        }
        return null;
    }
}
