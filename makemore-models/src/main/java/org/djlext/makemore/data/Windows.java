/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/**
 * Pieces of a text, one from each character on, and what follows each of their characters: the
 * lecture's {@code get_batch}.
 */
public final class Windows implements Examples {

    private final int[] tokens;
    private final int from;
    private final int size;
    private final boolean everyPosition;
    private final int blockSize;
    private final Staging staging = new Staging();

    /**
     * Makes the examples of the part of a text between two places, which must be longer than a
     * piece.
     */
    Windows(int[] tokens, int from, int to, boolean everyPosition, int blockSize) {
        this.tokens = tokens;
        this.from = from;
        this.everyPosition = everyPosition;
        this.blockSize = blockSize;
        size = to - from - blockSize;
    }

    @Override
    public int size() {
        return size;
    }

    /** Pieces side by side hold each character once. */
    @Override
    public int stride() {
        return everyPosition ? blockSize : 1;
    }

    @Override
    public Batch gather(NDManager manager, long[] rows) {
        Shape row = new Shape(blockSize);
        return new Batch(
                pieces(manager, rows, 0, row),
                everyPosition
                        ? pieces(manager, rows, 1, row)
                        : pieces(manager, rows, blockSize, new Shape()));
    }

    private NDArray pieces(NDManager manager, long[] rows, int on, Shape shape) {
        long width = shape.size();
        return staging.rows(
                manager,
                rows,
                shape,
                (row, values, at) -> {
                    for (int i = 0; i < width; i++) {
                        values[at + i] = tokens[from + row + on + i];
                    }
                });
    }
}
