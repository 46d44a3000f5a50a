/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;

/**
 * What kind of tensor an array is, found out in one call of the engine.
 *
 * @param bits the engine's number of the type in the lowest 8 bits, of the layout in the next, and
 *     whether it requires a gradient in the next
 */
public record TensorKind(int bits) {

    /**
     * Finds out about an array.
     *
     * @param array an array of the PyTorch engine
     * @return its kind
     */
    public static TensorKind of(PtNDArray array) {
        NativeHooks.ensureLoaded();
        return new TensorKind(NativeHooks.describe(NativeHooks.handle(array)));
    }

    /**
     * Tells whether it is dense.
     *
     * @return whether its layout is dense
     */
    public boolean isDense() {
        return (bits >> 8 & 0xff) == 0;
    }

    /**
     * Tells whether it is of a type that can have a gradient: floating or complex.
     *
     * @return whether it is
     */
    public boolean isDifferentiable() {
        int type = scalarType();
        // Half, float, double; three complex types; bfloat16.
        return (type >= 5 && type <= 10) || type == 15;
    }

    /**
     * Tells whether it is of the type of another. DJL's own types do not tell bfloat16 from others
     * that it lacks.
     *
     * @param other another kind
     * @return whether the types are the same
     */
    public boolean isOfTypeOf(TensorKind other) {
        return scalarType() == other.scalarType();
    }

    /**
     * Returns the type.
     *
     * @return the type; {@link DataType#UNKNOWN} for one that DJL lacks
     */
    public DataType dataType() {
        for (DataType type : DataType.values()) {
            if (scalarType(type) == scalarType()) {
                return type;
            }
        }
        return DataType.UNKNOWN;
    }

    // The number of c10::ScalarType.
    int scalarType() {
        return bits & 0xff;
    }

    // -1 if there is none.
    static int scalarType(DataType type) {
        return switch (type) {
            case UINT8 -> 0;
            case INT8 -> 1;
            case INT16 -> 2;
            case INT32 -> 3;
            case INT64 -> 4;
            case FLOAT16 -> 5;
            case FLOAT32 -> 6;
            case FLOAT64 -> 7;
            case COMPLEX64 -> 9;
            case BOOLEAN -> 11;
            case BFLOAT16 -> 15;
            default -> -1;
        };
    }
}
