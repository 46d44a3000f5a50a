/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The fuzzer for as long as the build can wait; see {@link AutogradFuzz} for longer runs. */
class AutogradFuzzTest {

    @Test
    void randomGraphsAndRandomMisuse() throws IOException {
        System.out.println(new AutogradFuzz().run());
    }
}
