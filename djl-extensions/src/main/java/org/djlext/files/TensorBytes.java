/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.files;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Tensors of files that may hold anything. What a tensor claims to be is checked before the engine
 * sees it, because the engine would read beyond the numbers that are there.
 */
public final class TensorBytes {

    // What DJL calls a tensor's encoding, and the only version that it writes.
    private static final String MAGIC = "NDAR";
    private static final int VERSION = 3;
    private static final String DENSE = "DENSE";
    private static final int LITTLE_ENDIAN = '<';
    private static final int MAX_DIMENSIONS = 8;

    // Of the types that models, optimizers and generators have; not of halves, which a Java
    // program cannot look at.
    private static final Map<String, DataType> TYPES =
            Stream.of(
                            DataType.FLOAT32,
                            DataType.FLOAT64,
                            DataType.INT32,
                            DataType.INT64,
                            DataType.UINT8,
                            DataType.BOOLEAN)
                    .collect(Collectors.toMap(DataType::name, Function.identity()));

    private TensorBytes() {}

    /**
     * Returns how many bytes a tensor takes.
     *
     * @param type its type
     * @param sizes its shape
     * @return the number of bytes
     * @throws IllegalArgumentException if a size is negative, or there are too many
     */
    public static long count(DataType type, long... sizes) {
        long count = type.getNumOfBytes();
        boolean fits = sizes.length <= MAX_DIMENSIONS;
        for (long size : sizes) {
            fits &= size >= 0 && size <= Integer.MAX_VALUE;
            count = fits ? Math.min(count * size, Integer.MAX_VALUE) : count;
        }
        if (!fits || count == Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "a tensor cannot have the shape " + Arrays.toString(sizes));
        }
        return count;
    }

    /**
     * Makes a tensor.
     *
     * @param manager its manager
     * @param type its type
     * @param sizes its shape
     * @param data its numbers, little-endian; they are copied
     * @return the tensor
     * @throws IllegalArgumentException if the numbers do not fill the shape
     */
    public static NDArray create(NDManager manager, DataType type, long[] sizes, ByteBuffer data) {
        long count = count(type, sizes);
        if (count != data.remaining()) {
            throw new IllegalArgumentException(
                    "a tensor of the shape "
                            + Arrays.toString(sizes)
                            + " and the type "
                            + type
                            + " has "
                            + count
                            + " bytes, but here are "
                            + data.remaining());
        }
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            throw new UnsupportedOperationException(
                    "tensors are read on little-endian machines only");
        }
        ByteBuffer direct = manager.allocateDirect((int) count);
        direct.put(data.duplicate()).flip();
        return manager.create(direct, new Shape(sizes), type);
    }

    /**
     * Makes a tensor of what {@link NDArray#encode()} has written.
     *
     * @param manager its manager
     * @param bytes the encoding and nothing else
     * @return the tensor
     * @throws IllegalArgumentException if it is another encoding, or does not add up
     */
    public static NDArray decode(NDManager manager, byte[] bytes) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            NDArray tensor = decode(manager, in, bytes.length);
            if (in.available() > 0) {
                throw new IllegalArgumentException("a tensor ends too late");
            }
            return tensor;
        } catch (IOException e) {
            throw new IllegalArgumentException("a tensor ends too early", e);
        }
    }

    /**
     * Makes a tensor of what {@link NDArray#encode()} has written among other things.
     *
     * @param manager its manager
     * @param in where to read
     * @param most how many bytes its numbers may have
     * @return the tensor
     * @throws IOException if reading fails or ends too early
     * @throws IllegalArgumentException if it is another encoding, or does not add up
     */
    public static NDArray decode(NDManager manager, DataInputStream in, long most)
            throws IOException {
        boolean known = in.readUTF().equals(MAGIC) && in.readInt() == VERSION;
        if (known && in.readBoolean()) {
            in.readUTF(); // a name, which does not matter
        }
        known = known && in.readUTF().equals(DENSE);
        DataType type = known ? TYPES.get(in.readUTF()) : null;
        if (type == null) {
            throw new IllegalArgumentException("a tensor is in an encoding that is not known");
        }
        int dimensions = in.readInt();
        if (dimensions < 0 || dimensions > MAX_DIMENSIONS) {
            throw new IllegalArgumentException("a tensor has " + dimensions + " dimensions");
        }
        long[] sizes = new long[dimensions];
        for (int i = 0; i < dimensions; i++) {
            sizes[i] = in.readLong();
        }
        // A letter for each dimension says what it is for, and is never looked at.
        int letters = in.readInt();
        for (int i = 0; i < Math.min(letters, dimensions); i++) {
            in.readChar();
        }
        int order = in.readUnsignedByte();
        int length = in.readInt();
        long count = count(type, sizes);
        if (letters != dimensions || order != LITTLE_ENDIAN || length != count || count > most) {
            throw new IllegalArgumentException(
                    "a tensor of the shape "
                            + Arrays.toString(sizes)
                            + " cannot have "
                            + length
                            + " bytes here");
        }
        byte[] data = in.readNBytes(length);
        return create(manager, type, sizes, ByteBuffer.wrap(data));
    }
}
