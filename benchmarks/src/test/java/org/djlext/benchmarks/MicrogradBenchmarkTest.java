/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class MicrogradBenchmarkTest {

    @Test
    void runsWithoutPythonAndSaysSo() {
        StringWriter writer = new StringWriter();
        int code =
                new CommandLine(new MicrogradBenchmark())
                        .setOut(new PrintWriter(writer))
                        .execute("--rounds", "1", "--python", "no-such-python");
        String printed = writer.toString();
        assertEquals(0, code, printed);
        assertTrue(printed.contains("CPython is left out: "), printed);
        assertTrue(printed.contains("loss of step 2 on every side: 0.7429006314"), printed);
        assertTrue(printed.contains("readable engine"), printed);
        assertTrue(printed.contains("compiled engine"), printed);
    }
}
