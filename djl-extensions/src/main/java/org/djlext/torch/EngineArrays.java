/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;

/** Copies and casts that the engine records while it records gradients, and arrays like others. */
public final class EngineArrays {

    private EngineArrays() {}

    /**
     * Returns the device of an array, which the array itself takes longer to find out.
     *
     * @param array an array of the PyTorch engine
     * @return the device
     */
    public static Device device(PtNDArray array) {
        return NativeHooks.isLoaded()
                ? TensorSpec.device(NativeHooks.deviceOf(NativeHooks.handle(array)))
                : array.getDevice();
    }

    /**
     * Returns a copy. Unlike {@code NDArray.duplicate}, this is recorded while gradients are.
     *
     * @param array an array of the PyTorch engine
     * @return the copy, in the array's manager
     */
    public static PtNDArray copy(PtNDArray array) {
        NativeHooks.ensureLoaded();
        return new PtNDArray(array.getManager(), NativeHooks.copy(NativeHooks.handle(array)));
    }

    /**
     * Returns a copy in another type. Unlike {@code NDArray.toType}, this is recorded while
     * gradients are.
     *
     * @param array an array of the PyTorch engine
     * @param type the type
     * @return the copy, in the array's manager
     */
    public static PtNDArray cast(PtNDArray array, DataType type) {
        NativeHooks.ensureLoaded();
        int scalarType = TensorSpec.scalarType(type);
        if (scalarType < 0) {
            throw new IllegalArgumentException("the PyTorch engine has no arrays of type " + type);
        }
        return new PtNDArray(
                array.getManager(), NativeHooks.cast(NativeHooks.handle(array), scalarType));
    }

    /**
     * Returns a copy in the type of another array, recorded like {@link #cast}.
     *
     * @param array an array of the PyTorch engine
     * @param like an array of that type
     * @return the copy, in the array's manager
     */
    public static PtNDArray castLike(PtNDArray array, PtNDArray like) {
        return new PtNDArray(
                array.getManager(),
                NativeHooks.cast(NativeHooks.handle(array), TensorSpec.of(like).scalarType()));
    }

    /**
     * Returns zeros.
     *
     * @param manager the manager of the result
     * @param like any array of the PyTorch engine
     * @param spec what they are like
     * @return the zeros
     */
    public static PtNDArray zeros(PtNDManager manager, PtNDArray like, TensorSpec spec) {
        return new PtNDArray(manager, NativeHooks.zeros(NativeHooks.handle(like), spec.facts()));
    }
}
