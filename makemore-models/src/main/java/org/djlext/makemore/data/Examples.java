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
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.BatchSampler;
import ai.djl.training.dataset.RandomSampler;
import ai.djl.training.dataset.Sampler;
import ai.djl.training.dataset.SequenceSampler;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.LongStream;

/**
 * A data set, from which mini-batches are gathered whole, to the device of their manager.
 *
 * <p>Its memory is that of the characters: the tensors of an example are made when it is in a
 * batch, and belong to the manager of the batch.
 */
public final class Examples {

    private final int size;
    private final int stride;
    private final Row context;
    private final Row target;
    // Buffers that stay. manager.create(long[]) makes an array whose numbers are outside the heap
    // in a buffer of its own, which only the garbage collector frees. It runs when the heap is
    // full, and a training hardly fills it: there would be a hundred megabytes of such buffers.
    private long[] numbers = {};
    private ByteBuffer buffer = ByteBuffer.allocateDirect(0);

    /**
     * Makes a data set.
     *
     * @param size how many examples there are
     * @param stride how far apart those are that together cover the data once
     * @param context what a model sees of an example
     * @param target what the model is to predict
     */
    Examples(int size, int stride, Row context, Row target) {
        if (context.shape.get(0) < 1) {
            throw new IllegalArgumentException(
                    "the block size of examples must be at least 1, but is "
                            + context.shape.get(0));
        }
        this.size = size;
        this.stride = stride;
        this.context = context;
        this.target = target;
    }

    /** Numbers that each example has: their shape, and what writes them. */
    record Row(Shape shape, RowWriter writer) {}

    /** Writes a row of numbers, all of which are 0 before. */
    @FunctionalInterface
    interface RowWriter {

        /** Writes the row of an example, from the place of its first number on. */
        void write(int example, long[] values, int at);
    }

    /**
     * Some of the examples.
     *
     * @param x (B, T), INT64
     * @param y (B) or (B, T), INT64
     */
    public record Batch(NDArray x, NDArray y) {}

    /**
     * {@return the examples of names, in their order}
     *
     * @param names the names
     * @param vocabulary the numbers of their characters
     * @param everyPosition whether each position has a target, or only what follows a context
     * @param blockSize how many characters a model sees
     * @throws DataFileException if a name does not fit the block size
     */
    public static Examples of(
            List<String> names, CharVocabulary vocabulary, boolean everyPosition, int blockSize) {
        return everyPosition
                ? Sequences.of(names, blockSize, vocabulary)
                : Contexts.of(names, blockSize, vocabulary);
    }

    /** {@return the number of examples, N} */
    public int size() {
        return size;
    }

    /**
     * {@return how far apart examples are that together cover the data once, 1 unless they overlap}
     */
    public int stride() {
        return stride;
    }

    /** Returns some of the examples. */
    Examples subset(int count, IntUnaryOperator number) {
        return new Examples(count, 1, subset(context, number), subset(target, number));
    }

    private static Row subset(Row row, IntUnaryOperator number) {
        return new Row(
                row.shape,
                (example, values, at) -> row.writer.write(number.applyAsInt(example), values, at));
    }

    /**
     * {@return the examples of these numbers}
     *
     * @param manager the manager of the batch
     * @param rows their numbers, from 0 to N - 1
     * @throws IllegalArgumentException if one is not in this range
     */
    public Batch gather(NDManager manager, long[] rows) {
        return new Batch(rows(manager, rows, context), rows(manager, rows, target));
    }

    /**
     * Makes an array in memory of the engine, whose rows are those of the examples. They are
     * written to an array of Java first, which is quicker than to memory outside the heap one
     * number at a time.
     */
    synchronized NDArray rows(NDManager manager, long[] examples, Row row) {
        Shape shape = new Shape(examples.length).addAll(row.shape);
        int count = Math.toIntExact(shape.size());
        int bytes = Math.multiplyExact(count, Long.BYTES);
        if (numbers.length < count) {
            numbers = new long[count];
            buffer = ByteBuffer.allocateDirect(bytes);
        }
        Arrays.fill(numbers, 0, count, 0);
        for (int i = 0; i < examples.length; i++) {
            if (examples[i] < 0 || examples[i] >= size) {
                throw new IllegalArgumentException(
                        "an example's number must be from 0 to %s, but is %s"
                                .formatted(size - 1, examples[i]));
            }
            row.writer.write((int) examples[i], numbers, i * (int) row.shape.size());
        }
        ByteBuffer part = buffer.slice(0, bytes).order(ByteOrder.nativeOrder());
        part.asLongBuffer().put(numbers, 0, count);
        try (NDArray onJavaMemory = manager.create(part, shape, DataType.INT64)) {
            return onJavaMemory.duplicate();
        }
    }

    /**
     * {@return consecutive examples}
     *
     * @param manager the manager of the batch
     * @param from the first example
     * @param to the one after the last
     */
    public Batch slice(NDManager manager, int from, int to) {
        return gather(manager, LongStream.range(from, to).toArray());
    }

    /**
     * {@return a mini-batch drawn with replacement, the lectures' {@code ix = torch.randint(0, N,
     * (B,))}}
     *
     * @param manager the manager of the batch
     * @param batchSize B
     */
    public Batch draw(NDManager manager, int batchSize) {
        return gather(manager, drawRows(manager, batchSize));
    }

    /**
     * {@return the numbers of examples drawn with replacement, {@code torch.randint(0, N, (B,))}}
     *
     * @param manager a manager of the engine
     * @param batchSize B
     */
    public long[] drawRows(NDManager manager, int batchSize) {
        return TorchGenerator.integers(manager, size(), batchSize);
    }

    /**
     * {@return a data set of DJL, for {@code EasyTrain} and the like, which gathers mini-batches
     * whole too}
     *
     * @param batchSize the number of examples of a batch
     * @param shuffle whether they come in another order in each epoch
     */
    public ArrayDataset toDataset(int batchSize, boolean shuffle) {
        return toDataset(
                new BatchSampler(shuffle ? new RandomSampler() : new SequenceSampler(), batchSize));
    }

    /**
     * {@return a data set of DJL with batches of one's own choice}
     *
     * @param sampler chooses the examples of each batch
     */
    public ArrayDataset toDataset(Sampler sampler) {
        return new ExamplesDataset(this, sampler);
    }
}
