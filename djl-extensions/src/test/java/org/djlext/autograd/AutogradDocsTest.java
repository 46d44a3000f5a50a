/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Set;
import org.djlext.testing.Examples;
import org.junit.jupiter.api.Test;

/** The guides show how each method is used, in programs that the tests of the examples run. */
class AutogradDocsTest {

    /** A recorder, such as the tape of a compiled step, takes the place of the engine's graph. */
    private static final Set<String> OF_RECORDERS = Set.of("Recorder", "RecordedCall");

    @Test
    void everyPublicMethodIsInAnExample() throws Exception {
        assertEquals(
                List.of(),
                Examples.missing("autograd", OF_RECORDERS, "autograd.md", "your-own-op.md"));
    }
}
