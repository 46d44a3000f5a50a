/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/** Hands a block the arrays that its parameters have on a tape. */
final class TracedParameters extends ParameterStore {

    private final IdentityHashMap<Parameter, NDArray> traced = new IdentityHashMap<>();

    TracedParameters(Tape tape) {
        super(tape.manager().manager(), false);
    }

    void put(Parameter parameter, NDArray array) {
        traced.put(parameter, array);
    }

    /** Returns the array of a parameter, or null if it was not put here. */
    @Nullable NDArray get(Parameter parameter) {
        return traced.get(parameter);
    }

    @Override
    public @Nullable NDArray getValue(
            @Nullable Parameter parameter, Device device, boolean training) {
        if (parameter == null) {
            return null;
        }
        NDArray array = get(parameter);
        if (array == null) {
            throw new CompileException(
                    "cannot compile: the block uses the parameter "
                            + parameter.getName()
                            + ", which is not among its getParameters()");
        }
        return array;
    }
}
