/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The way of numbers from Java to the engine, through buffers that stay: the rows are written to an
 * array of Java, which is quicker than to memory outside the heap one number at a time.
 *
 * <p>{@code manager.create(long[])} makes an array whose numbers stay outside the heap in a buffer
 * of its own, which only the garbage collector frees. It runs when the heap is full, and a training
 * hardly fills it: such buffers would be a hundred megabytes before the first are freed.
 */
final class Staging {

    private long[] numbers = {};
    private ByteBuffer buffer = ByteBuffer.allocateDirect(0);

    /** Writes a row of numbers, all of which are 0 before. */
    @FunctionalInterface
    interface RowWriter {
        /** Writes the row of an example, from the place of its first number on. */
        void write(int example, long[] values, int at);
    }

    /**
     * Makes an array in memory of the engine, whose rows of some shape are those of the examples.
     */
    synchronized NDArray rows(NDManager manager, long[] examples, Shape row, RowWriter writer) {
        Shape shape = new Shape(examples.length).addAll(row);
        int count = Math.toIntExact(shape.size());
        int size = Math.multiplyExact(count, Long.BYTES);
        if (numbers.length < count) {
            numbers = new long[count];
            buffer = ByteBuffer.allocateDirect(size);
        }
        Arrays.fill(numbers, 0, count, 0);
        for (int i = 0; i < examples.length; i++) {
            writer.write((int) examples[i], numbers, i * (int) row.size());
        }
        ByteBuffer part = buffer.slice(0, size).order(ByteOrder.nativeOrder());
        part.asLongBuffer().put(numbers, 0, count);
        try (NDArray onJavaMemory = manager.create(part, shape, DataType.INT64)) {
            return onJavaMemory.duplicate();
        }
    }
}
