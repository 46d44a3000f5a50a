/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Tells arrays whose numbers lie in a buffer of Java, as those of {@code manager.create(float[])}
 * do on the CPU.
 *
 * <p>Nothing but the array object keeps such a buffer alive. The graph holds tensors, not array
 * objects, so it would read freed memory when the object is closed. A view does not show what it is
 * a view of; therefore a manager is asked for all its arrays.
 */
final class JavaMemory {

    private static final @Nullable Field BUFFER = bufferField();

    private JavaMemory() {}

    private static @Nullable Field bufferField() {
        try {
            Field field = PtNDArray.class.getDeclaredField("dataRef");
            field.setAccessible(true);
            return field;
        } catch (ReflectiveOperationException | RuntimeException e) {
            // Another version of DJL.
            return null;
        }
    }

    /**
     * Returns the size in bytes of the largest buffer of Java that holds an array of a manager. No
     * larger array can be a view of one, short of a broadcast one.
     *
     * @return the size; 0 if there is none, and the largest number if that is unknown
     */
    static long largestIn(NDManager manager) {
        long largest = 0;
        for (NDArray array : manager.getManagedArrays()) {
            if (array instanceof PtNDArray) {
                largest = Math.max(largest, size(array));
            }
        }
        return largest;
    }

    /** Tells whether an array may lie in a buffer of so many bytes. */
    static boolean mayHold(long bytes, NDArray array) {
        return bytes > 0 && bytes >= array.getShape().size() * array.getDataType().getNumOfBytes();
    }

    private static long size(NDArray array) {
        try {
            if (BUFFER == null) {
                return Long.MAX_VALUE;
            }
            return BUFFER.get(array) instanceof ByteBuffer buffer ? buffer.capacity() : 0;
        } catch (IllegalAccessException e) {
            return Long.MAX_VALUE;
        }
    }
}
