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

class NodeCostTest {

    @Test
    void runsWithoutPythonAndSaysSo() {
        StringWriter printed = new StringWriter();
        int code =
                new CommandLine(new NodeCost())
                        .setOut(new PrintWriter(printed))
                        .execute("--quick", "--python", "no-such-python");
        assertEquals(0, code, printed.toString());
        assertTrue(printed.toString().contains("PyTorch is left out: "), printed.toString());
        assertEquals(3, printed.toString().lines().filter(l -> l.contains("32x200 |")).count());
        assertTrue(printed.toString().contains("of a copy"), printed.toString());
        assertTrue(printed.toString().contains("BatchNormFunction"), printed.toString());
    }
}
