/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class MicrogradBenchmarkTest {

    @Test
    void runsWithoutPythonAndSaysSo() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        MicrogradBenchmark.run(
                new PrintStream(bytes, true, StandardCharsets.UTF_8),
                "1",
                "no-such-python",
                "python/micrograd_step.py");
        String printed = bytes.toString(StandardCharsets.UTF_8);
        assertTrue(printed.contains("CPython is left out: "), printed);
        assertTrue(printed.contains("loss of step 2 on every side: 0.7429006314"), printed);
        assertTrue(printed.contains("readable engine"), printed);
        assertTrue(printed.contains("compiled engine"), printed);
    }
}
