/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.internal;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.pytorch.engine.PtDeviceType;
import ai.djl.pytorch.engine.PtNDArray;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Type, layout, device and shape of a tensor, found out in one call of the engine: what a gradient
 * has to agree with, without the tensor.
 */
public final class TensorSpec {

    // See NativeHooks.describe.
    private final long[] facts;

    private TensorSpec(long[] facts) {
        this.facts = facts;
    }

    /** What a gradient has that it must not have: its shape, type, device or layout. */
    public record Difference(String what, Object must, Object got) {}

    /** {@return the spec of an array} */
    public static TensorSpec of(PtNDArray array) {
        NativeHooks.ensureLoaded();
        return of(NativeHooks.handle(array));
    }

    /** {@return the spec of a tensor, by its handle} */
    public static TensorSpec of(long handle) {
        return new TensorSpec(NativeHooks.describe(handle));
    }

    /** {@return what differs in a gradient; null if it agrees with this} */
    public @Nullable Difference difference(TensorSpec gradient) {
        if (Arrays.equals(facts, gradient.facts)) {
            return null;
        }
        if (!hasShapeOf(gradient)) {
            return new Difference("shape", shape(), gradient.shape());
        }
        if (scalarType() != gradient.scalarType()) {
            return new Difference("type", dataType(), gradient.dataType());
        }
        if (deviceBits() != gradient.deviceBits()) {
            return new Difference("device", device(), gradient.device());
        }
        return new Difference("layout", layout(), gradient.layout());
    }

    /**
     * {@return whether both are of the same shape and type; DJL's own types do not tell bfloat16
     * from others that it lacks}
     */
    public boolean isLike(TensorSpec other) {
        return scalarType() == other.scalarType() && hasShapeOf(other);
    }

    /**
     * {@return whether a tensor agrees with this but for its shape, to which this can be broadcast:
     * then the sum over what was broadcast agrees}
     */
    public boolean isBroadcastTo(TensorSpec other) {
        int more = other.facts.length - facts.length;
        boolean fits = facts[0] == other.facts[0] && more >= 0;
        for (int d = 1; fits && d < facts.length; d++) {
            fits = facts[d] == 1 || facts[d] == other.facts[d + more];
        }
        return fits;
    }

    private boolean hasShapeOf(TensorSpec other) {
        return Arrays.equals(facts, 1, facts.length, other.facts, 1, other.facts.length);
    }

    /** {@return whether it is of a type that can have a gradient: floating or complex} */
    public boolean isDifferentiable() {
        int type = scalarType();
        // Half, float, double; three complex types; bfloat16.
        return (type >= 5 && type <= 10) || type == 15;
    }

    public Shape shape() {
        return new Shape(Arrays.copyOfRange(facts, 1, facts.length));
    }

    /** {@return the type; {@link DataType#UNKNOWN} for one that DJL lacks} */
    public DataType dataType() {
        for (DataType type : DataType.values()) {
            if (scalarType(type) == scalarType()) {
                return type;
            }
        }
        return DataType.UNKNOWN;
    }

    public Device device() {
        return device(deviceBits());
    }

    @Override
    public String toString() {
        return shape() + " " + dataType() + " on " + device();
    }

    private Object layout() {
        return switch ((int) (facts[0] >> 32)) {
            case 0 -> "dense";
            case 1 -> SparseFormat.COO;
            default -> "MKLDNN";
        };
    }

    /** {@return the same without elements} */
    public TensorSpec empty() {
        return new TensorSpec(new long[] {facts[0], 0});
    }

    long[] facts() {
        return facts;
    }

    // The number of c10::ScalarType.
    int scalarType() {
        return (int) facts[0] & 0xffff;
    }

    private int deviceBits() {
        return (int) facts[0] >>> 16;
    }

    // The type of the device in the lowest 8 bits, its number in the next.
    static Device device(int bits) {
        return bits == 0
                ? Device.cpu()
                : Device.of(PtDeviceType.fromDeviceType(bits & 0xff), bits >> 8);
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
