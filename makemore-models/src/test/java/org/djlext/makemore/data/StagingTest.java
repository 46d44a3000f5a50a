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
import org.junit.jupiter.api.Test;

class StagingTest {

    @Test
    void arraysKeepTheirNumbersWhenTheBufferIsWrittenAgain() {
        Staging staging = new Staging();
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray four =
                    staging.array(
                            manager, new Shape(2, 2), numbers -> numbers.put(0, 7).put(3, -1));
            NDArray two = staging.array(manager, new Shape(2), numbers -> numbers.put(1, 5));
            NDArray six = staging.array(manager, new Shape(6), numbers -> numbers.put(5, 9));
            assertArrayEquals(new long[] {7, 0, 0, -1}, four.toLongArray());
            assertArrayEquals(new long[] {0, 5}, two.toLongArray());
            assertArrayEquals(new long[] {0, 0, 0, 0, 0, 9}, six.toLongArray());
        }
    }

    @Test
    void batchesOfOneSourceAreTheirOwn() {
        Contexts contexts = Contexts.of(List.of("emma", "ava"), 3, CharVocabulary.LETTERS);
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray emm = contexts.x(manager, new long[] {3});
            NDArray other = contexts.x(manager, new long[] {5, 6, 7});
            assertArrayEquals(new long[] {5, 13, 13}, emm.toLongArray());
            assertArrayEquals(new long[] {0, 0, 0, 0, 0, 1, 0, 1, 22}, other.toLongArray());
        }
    }
}
