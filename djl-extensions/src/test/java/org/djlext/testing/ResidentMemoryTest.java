/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.testing;

import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.opentest4j.AssertionFailedError;

class ResidentMemoryTest {

    @Test
    void whatIsKeptIsSeenAndWhatIsFreedIsNot() throws IOException {
        try (NDManager manager = NDManager.newBaseManager()) {
            ResidentMemory.assertFlat(2, 8, 20, i -> megabytes(manager, 40).close());
            assertThrows(
                    AssertionFailedError.class,
                    // Too large for what malloc has kept of earlier tests.
                    () -> ResidentMemory.assertFlat(1, 3, 20, i -> megabytes(manager, 40)));
        }
    }

    private static NDArray megabytes(NDManager manager, int count) {
        return manager.ones(new Shape(count, 1 << 18));
    }
}
