/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.stream.LongStream;

/** Examples that are made when they are asked for: inputs and targets by their numbers. */
public interface ExampleSource {

    /**
     * Returns the number of examples.
     *
     * @return N
     */
    int size();

    /**
     * Returns how far apart examples are that together cover the data once.
     *
     * @return 1 unless examples overlap
     */
    default int stride() {
        return 1;
    }

    /**
     * Returns the inputs of some examples.
     *
     * @param manager the manager of the array, which decides on the device
     * @param rows the examples
     * @return numbers of characters, of shape (rows, blockSize) and type INT64
     */
    NDArray x(NDManager manager, long[] rows);

    /**
     * Returns the targets of some examples.
     *
     * @param manager the manager of the array, which decides on the device
     * @param rows the examples
     * @return numbers of characters, of shape (rows) or (rows, blockSize) and type INT64
     */
    NDArray y(NDManager manager, long[] rows);

    /**
     * Returns the inputs of consecutive examples.
     *
     * @param manager the manager of the array, which decides on the device
     * @param from the first example
     * @param to the one after the last
     * @return numbers of characters, of shape (to - from, blockSize) and type INT64
     */
    default NDArray x(NDManager manager, int from, int to) {
        return x(manager, LongStream.range(from, to).toArray());
    }

    /**
     * Returns the targets of consecutive examples.
     *
     * @param manager the manager of the array, which decides on the device
     * @param from the first example
     * @param to the one after the last
     * @return numbers of characters, of shape (to - from) or (to - from, blockSize) and type INT64
     */
    default NDArray y(NDManager manager, int from, int to) {
        return y(manager, LongStream.range(from, to).toArray());
    }
}
