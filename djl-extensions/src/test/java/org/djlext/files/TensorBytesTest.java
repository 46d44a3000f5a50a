/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.files;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** DJL writes what is read here. */
class TensorBytesTest {

    private static final int FIRST_SIZE = 39; // of the shape, behind names and versions

    @Test
    void whatDjlWritesIsRead() {
        try (NDManager manager = NDManager.newBaseManager()) {
            List<NDArray> arrays =
                    List.of(
                            manager.create(new float[] {1, -2, 3, 4, 5, 6}, new Shape(2, 3)),
                            manager.create(Math.PI),
                            manager.create(new float[0], new Shape(0)),
                            manager.create(new long[] {Long.MIN_VALUE, 7}),
                            manager.create(new int[] {1, 2, 3}, new Shape(1, 3, 1)),
                            manager.create(new boolean[] {true, false}),
                            manager.create(new byte[] {1, -1}).toType(DataType.UINT8, false));
            arrays.get(0).setName("a name");
            for (NDArray array : arrays) {
                NDArray read = TensorBytes.decode(manager, array.encode());
                assertEquals(array.getShape(), read.getShape());
                assertEquals(array.getDataType(), read.getDataType());
                assertArrayEquals(array.toByteArray(), read.toByteArray());
            }
        }
    }

    @Test
    void whatDoesNotAddUpIsRefused() {
        try (NDManager manager = NDManager.newBaseManager()) {
            byte[] good = manager.create(new float[] {1, 2, 3, 4, 5, 6}, new Shape(2, 3)).encode();
            for (int length = 0; length < good.length; length++) {
                refuse(manager, Arrays.copyOf(good, length));
            }
            refuse(manager, Arrays.copyOf(good, good.length + 1));
            // 2^32 times 2^32 is 0 in a long, and the engine would read from anywhere.
            byte[] wraps = good.clone();
            ByteBuffer.wrap(wraps).putLong(FIRST_SIZE - 8, 1L << 32).putLong(FIRST_SIZE, 1L << 32);
            refuse(manager, wraps);
            for (long size : new long[] {-1, 0, 1, 4, Long.MAX_VALUE, Long.MIN_VALUE}) {
                byte[] other = good.clone();
                ByteBuffer.wrap(other).putLong(FIRST_SIZE, size);
                refuse(manager, other);
            }
        }
    }

    private static void refuse(NDManager manager, byte[] bytes) {
        assertThrows(
                IllegalArgumentException.class, () -> TensorBytes.decode(manager, bytes).close());
    }

    @Test
    void sizesAreMultipliedWithoutOverflow() {
        assertEquals(24, TensorBytes.count(DataType.FLOAT32, 2, 3));
        assertEquals(8, TensorBytes.count(DataType.FLOAT64));
        assertEquals(0, TensorBytes.count(DataType.FLOAT32, Integer.MAX_VALUE, 0));
        for (long[] sizes :
                new long[][] {
                    {1L << 31}, {1 << 20, 1 << 20}, {-1}, {1L << 32, 1L << 32}, {0, -1}, new long[9]
                }) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> TensorBytes.count(DataType.FLOAT32, sizes));
        }
    }
}
