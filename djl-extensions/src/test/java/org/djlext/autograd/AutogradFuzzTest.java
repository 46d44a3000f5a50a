/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The fuzzer for as long as the build can wait; see {@link AutogradFuzz} for longer runs. */
class AutogradFuzzTest {

    @Test
    void ruleThatIsWrongIsFoundWithItsSeed() {
        AutogradFuzz fuzz = new AutogradFuzz(100, Set.of("misuse", "gc"));
        AssertionError e = assertThrows(AssertionError.class, fuzz::run);
        String message = String.valueOf(e.getMessage());
        assertTrue(message.contains("custom wrong(") && message.contains("must be"), message);
        assertTrue(message.contains("-Dorg.djlext.fuzz.seed="), message);
    }

    @Test
    void randomGraphsAndRandomMisuse() throws IOException {
        System.out.println(new AutogradFuzz().run());
    }
}
