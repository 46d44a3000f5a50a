/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch.ops;

import ai.djl.ndarray.NDArray;
import org.djlext.torch.TorchScript;

/** Triangles, sums by index, and masks. */
public final class Indexing {

    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    """
                    def tril(x, diagonal: int):
                        return torch.tril(x, diagonal)

                    def triu(x, diagonal: int):
                        return torch.triu(x, diagonal)

                    def index_add(x, axis: int, index, source):
                        return torch.index_add(x, axis, index, source)

                    def masked_fill(x, mask, value: float):
                        return torch.masked_fill(x, mask, value)
                    """);

    private Indexing() {}

    /**
     * Returns the lower triangle of each matrix, and zeros above.
     *
     * @param x the array, (..., N, M), of any type
     * @param diagonal the last diagonal to keep: 0 for the main one, 1 for the one above it
     * @return (..., N, M)
     */
    public static NDArray tril(NDArray x, int diagonal) {
        return SCRIPT.function("tril").callForArray(x, diagonal);
    }

    /**
     * Returns the upper triangle of each matrix, and zeros below.
     *
     * @param x the array, (..., N, M), of any type
     * @param diagonal the first diagonal to keep: 0 for the main one, 1 for the one above it
     * @return (..., N, M)
     */
    public static NDArray triu(NDArray x, int diagonal) {
        return SCRIPT.function("triu").callForArray(x, diagonal);
    }

    /**
     * Returns x with slices of another array added: that of an embedding's gradient.
     *
     * @param x the array; with axis 0, (N, ...)
     * @param axis the axis that the index counts
     * @param index K numbers of slices of x, of type INT32 or INT64; repeated ones add up
     * @param source the slices, of x's type; with axis 0, (K, ...)
     * @return a new array of x's shape
     */
    public static NDArray indexAdd(NDArray x, int axis, NDArray index, NDArray source) {
        return SCRIPT.function("index_add").callForArray(x, axis, index, source);
    }

    /**
     * Returns x with a value where a mask is true. No gradient flows to what is masked.
     *
     * @param x the array, (...)
     * @param mask an array of type BOOLEAN whose shape broadcasts to x's
     * @param value the value, such as negative infinity
     * @return a new array of x's shape, and of its type
     */
    public static NDArray maskedFill(NDArray x, NDArray mask, double value) {
        return SCRIPT.function("masked_fill").callForArray(x, mask, value);
    }
}
