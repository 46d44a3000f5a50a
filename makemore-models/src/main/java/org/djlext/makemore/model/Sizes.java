/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

/** Checks the sizes of models, which may come from a file that may hold anything. */
final class Sizes {

    // Far beyond any model that a program of this kind trains, so that a model of a file takes no
    // more memory and time than its file.
    private static final int MAX_LAYERS = 1000;
    private static final int MAX_BLOCK_SIZE = 1 << 16;
    private static final int MAX_HEADS = 10_000;

    private Sizes() {}

    static void check(int vocabSize, int blockSize) {
        atLeast("vocabSize", vocabSize, 1);
        atLeast("blockSize", blockSize, 1);
        if (blockSize > MAX_BLOCK_SIZE) {
            throw new IllegalArgumentException(
                    "a model's block size must be at most "
                            + MAX_BLOCK_SIZE
                            + ", but is "
                            + blockSize);
        }
    }

    static void check(int vocabSize, int blockSize, int embedding, int hidden) {
        check(vocabSize, blockSize);
        atLeast("embedding", embedding, 1);
        atLeast("hidden", hidden, 1);
        if ((long) blockSize * embedding > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "a model's block size times its embedding must be less than 2^31, but they are "
                            + blockSize
                            + " and "
                            + embedding);
        }
    }

    static void checkLayers(int layers) {
        atLeast("layers", layers, 1);
        if (layers > MAX_LAYERS) {
            throw new IllegalArgumentException(
                    "a model's layers must be at most " + MAX_LAYERS + ", but are " + layers);
        }
    }

    static void checkHeads(int embedding, int heads, int layers) {
        atLeast("heads", heads, 1);
        if (embedding % heads != 0) {
            throw new IllegalArgumentException(
                    "a model's embedding must be a multiple of its heads, but they are "
                            + embedding
                            + " and "
                            + heads);
        }
        if ((long) layers * heads > MAX_HEADS) {
            throw new IllegalArgumentException(
                    "a model's layers must have at most "
                            + MAX_HEADS
                            + " heads together, but there are "
                            + layers
                            + " layers of "
                            + heads);
        }
    }

    private static void atLeast(String name, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(
                    "a model's " + name + " must be at least " + least + ", but is " + value);
        }
    }
}
