/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.internal;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;

/** Copies and casts that the engine records while it records gradients, and arrays like others. */
public final class EngineArrays {

    private EngineArrays() {}

    /** {@return the device of an array, which the array itself takes longer to find out} */
    public static Device device(PtNDArray array) {
        return NativeHooks.isLoaded()
                ? TensorSpec.device(NativeHooks.deviceOf(NativeHooks.handle(array)))
                : array.getDevice();
    }

    /**
     * {@return a copy, in the array's manager; unlike {@code NDArray.duplicate} it is recorded
     * while gradients are}
     */
    public static PtNDArray copy(PtNDArray array) {
        NativeHooks.ensureLoaded();
        return new PtNDArray(array.getManager(), NativeHooks.copy(NativeHooks.handle(array)));
    }

    /**
     * {@return a copy in another type, in the array's manager; unlike {@code NDArray.toType} it is
     * recorded while gradients are}
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

    /** {@return a copy in the type of another array, recorded like {@link #cast}} */
    public static PtNDArray castLike(PtNDArray array, PtNDArray like) {
        return new PtNDArray(
                array.getManager(),
                NativeHooks.cast(NativeHooks.handle(array), TensorSpec.of(like).scalarType()));
    }

    /** {@return zeros of the type, device and shape of a spec; like is any array of the engine} */
    public static PtNDArray zeros(PtNDManager manager, PtNDArray like, TensorSpec spec) {
        return new PtNDArray(manager, NativeHooks.zeros(NativeHooks.handle(like), spec.facts()));
    }
}
