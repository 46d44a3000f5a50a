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
 * Examples for a model that predicts at every position: the makemore program's data set.
 *
 * <p>A name gives one example. With four positions more than characters, "emma" is
 *
 * <pre>
 * x: . e m m a . . .
 * y: e m m a .            and nothing after the end, which is -1
 * </pre>
 */
public final class Sequences {

    private static final long NOTHING = -1;

    private final int blockSize;
    private final long[] x;
    private final long[] y;

    private Sequences(int blockSize, long[] x, long[] y) {
        this.blockSize = blockSize;
        this.x = x;
        this.y = y;
    }

    /**
     * Builds the examples of some names.
     *
     * @param names the names
     * @param blockSize the number of positions, more than any name has characters
     * @param vocabulary the numbers of the characters
     * @return the examples, in the order of the names
     * @throws DataFileException if a name is too long
     */
    public static Sequences of(List<String> names, int blockSize, CharVocabulary vocabulary) {
        long[] x = new long[Math.multiplyExact(names.size(), blockSize)];
        long[] y = new long[x.length];
        Arrays.fill(y, NOTHING);
        for (int row = 0; row < names.size(); row++) {
            int[] name = vocabulary.encode(names.get(row));
            if (name.length >= blockSize) {
                throw new DataFileException(
                        "a name may have at most "
                                + (blockSize - 1)
                                + " characters with a block size of "
                                + blockSize
                                + ", but \""
                                + names.get(row)
                                + "\" has "
                                + name.length);
            }
            int at = row * blockSize;
            for (int i = 0; i < name.length; i++) {
                x[at + i + 1] = name[i];
                y[at + i] = name[i];
            }
            y[at + name.length] = 0;
        }
        return new Sequences(blockSize, x, y);
    }

    /**
     * Returns the number of examples.
     *
     * @return N
     */
    public int size() {
        return x.length / blockSize;
    }

    /**
     * Returns the inputs.
     *
     * @param manager the manager of the array, which decides on the device
     * @return numbers of characters, of shape (N, blockSize) and type INT64
     */
    public NDArray x(NDManager manager) {
        return manager.create(x, new Shape(size(), blockSize));
    }

    /**
     * Returns the labels.
     *
     * @param manager the manager of the array, which decides on the device
     * @return numbers of characters and -1, of shape (N, blockSize) and type INT64
     */
    public NDArray y(NDManager manager) {
        return manager.create(y, new Shape(size(), blockSize));
    }
}
