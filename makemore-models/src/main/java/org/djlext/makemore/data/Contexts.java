/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * Examples for a model that predicts the next character: {@code build_dataset} of the lectures.
 *
 * <p>A name gives one example for each of its characters and one for its end; "..." precedes it:
 *
 * <pre>
 * ... -&gt; e
 * ..e -&gt; m
 * .em -&gt; m
 * emm -&gt; a
 * mma -&gt; .
 * </pre>
 */
public final class Contexts {

    private final int blockSize;
    private final long[] x;
    private final long[] y;

    private Contexts(int blockSize, long[] x, long[] y) {
        this.blockSize = blockSize;
        this.x = x;
        this.y = y;
    }

    /**
     * Builds the examples of some names.
     *
     * @param names the names
     * @param blockSize how many characters the model sees
     * @param vocabulary the numbers of the characters
     * @return the examples, in the order of the names
     */
    public static Contexts of(List<String> names, int blockSize, CharVocabulary vocabulary) {
        List<int[]> encoded = names.stream().map(vocabulary::encode).toList();
        int size = encoded.stream().mapToInt(name -> name.length + 1).sum();
        long[] x = new long[Math.multiplyExact(size, blockSize)];
        long[] y = new long[size];
        int row = 0;
        for (int[] name : encoded) {
            long[] context = new long[blockSize];
            for (int i = 0; i <= name.length; i++) {
                int next = i < name.length ? name[i] : 0;
                System.arraycopy(context, 0, x, row * blockSize, blockSize);
                y[row++] = next;
                System.arraycopy(context, 1, context, 0, blockSize - 1);
                context[blockSize - 1] = next;
            }
        }
        return new Contexts(blockSize, x, y);
    }

    /**
     * Returns the number of examples.
     *
     * @return N
     */
    public int size() {
        return y.length;
    }

    /**
     * Returns the contexts of some examples.
     *
     * @param manager the manager of the array, which decides on the device
     * @param rows the examples
     * @return numbers of characters, of shape (rows, blockSize) and type INT64
     */
    public NDArray x(NDManager manager, long[] rows) {
        return manager.create(x(rows), new Shape(rows.length, blockSize));
    }

    /**
     * Returns the contexts of some examples.
     *
     * @param rows the examples
     * @return numbers of characters, blockSize for each example, one behind the other
     */
    public long[] x(long[] rows) {
        long[] values = new long[rows.length * blockSize];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(x, (int) rows[i] * blockSize, values, i * blockSize, blockSize);
        }
        return values;
    }

    /**
     * Returns the labels of some examples.
     *
     * @param manager the manager of the array, which decides on the device
     * @param rows the examples
     * @return numbers of characters, of shape (rows) and type INT64
     */
    public NDArray y(NDManager manager, long[] rows) {
        return manager.create(y(rows));
    }

    /**
     * Returns the labels of some examples.
     *
     * @param rows the examples
     * @return numbers of characters, one for each example
     */
    public long[] y(long[] rows) {
        return Arrays.stream(rows).map(row -> y[(int) row]).toArray();
    }

    /**
     * Returns the contexts of consecutive examples.
     *
     * @param manager the manager of the array
     * @param from the first example
     * @param to the one after the last
     * @return numbers of characters, of shape (to - from, blockSize) and type INT64
     */
    public NDArray x(NDManager manager, int from, int to) {
        return manager.create(
                Arrays.copyOfRange(x, from * blockSize, to * blockSize),
                new Shape(to - from, blockSize));
    }

    /**
     * Returns the labels of consecutive examples.
     *
     * @param manager the manager of the array
     * @param from the first example
     * @param to the one after the last
     * @return numbers of characters, of shape (to - from) and type INT64
     */
    public NDArray y(NDManager manager, int from, int to) {
        return manager.create(Arrays.copyOfRange(y, from, to));
    }
}
