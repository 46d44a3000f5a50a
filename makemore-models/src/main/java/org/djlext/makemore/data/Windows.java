/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

/**
 * Pieces of a text, one from each character on, and what follows each of their characters: the
 * lecture's {@code get_batch}.
 */
public final class Windows extends Examples {

    private final int[] tokens;
    private final int from;
    private final int size;
    private final boolean everyPosition;
    private final int blockSize;

    /**
     * Makes the examples of the part of a text between two places, which must be longer than a
     * piece.
     */
    Windows(int[] tokens, int from, int to, boolean everyPosition, int blockSize) {
        super(blockSize, everyPosition);
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
    void writeContext(int example, long[] values, int at) {
        write(example, blockSize, values, at);
    }

    @Override
    void writeTarget(int example, long[] values, int at) {
        if (everyPosition) {
            write(example + 1, blockSize, values, at);
        } else {
            write(example + blockSize, 1, values, at);
        }
    }

    private void write(int first, int count, long[] values, int at) {
        for (int i = 0; i < count; i++) {
            values[at + i] = tokens[from + first + i];
        }
    }
}
