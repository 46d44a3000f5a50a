/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class BatchMemoryTest {

    @Test
    void arraysKeepTheirNumbersWhenTheBufferIsWrittenAgain() {
        Examples examples = Contexts.of(List.of("a"), 1, CharVocabulary.LETTERS);
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray four = rows(examples, manager, 2, (row, to, at) -> to[at + row] = 7L - row);
            NDArray two = rows(examples, manager, 1, (row, to, at) -> to[at + 1] = 5);
            NDArray six = rows(examples, manager, 3, (row, to, at) -> to[5] = 9);
            assertArrayEquals(new long[] {7, 0, 0, 6}, four.toLongArray());
            assertArrayEquals(new long[] {0, 5}, two.toLongArray());
            assertArrayEquals(new long[] {0, 0, 0, 0, 0, 9}, six.toLongArray());
        }
    }

    private static NDArray rows(
            Examples examples, NDManager manager, int count, Examples.RowWriter writer) {
        return examples.rows(
                manager,
                LongStream.range(0, count).toArray(),
                new Examples.Row(new Shape(2), writer));
    }

    @Test
    void batchesOfOneSourceAreTheirOwn() {
        Examples contexts = Contexts.of(List.of("emma", "ava"), 3, CharVocabulary.LETTERS);
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray emm = contexts.gather(manager, new long[] {3}).x();
            NDArray other = contexts.gather(manager, new long[] {5, 6, 7}).x();
            assertArrayEquals(new long[] {5, 13, 13}, emm.toLongArray());
            assertArrayEquals(new long[] {0, 0, 0, 0, 0, 1, 0, 1, 22}, other.toLongArray());
        }
    }
}
