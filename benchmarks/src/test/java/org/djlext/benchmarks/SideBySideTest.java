/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import static org.djlext.testing.Failures.assertContains;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class SideBySideTest {

    private final StringWriter printed = new StringWriter();

    /** Compares a side with losses of 1 with one whose second loss is another. */
    private boolean compare(double second) {
        Side one = new Side("one", 2, steps -> new double[] {1e-3, 1, 1});
        Side other = new Side("other", 2, steps -> new double[] {2e-3, 1, second});
        try (PrintWriter out = new PrintWriter(printed)) {
            return new Comparison("a case", 2, 1e-4, List.of(one, other))
                    .run(CommandLine.populateCommand(new Turns(), "--quick"), new Printer(out));
        }
    }

    @Test
    void equalLossesAreTimed() {
        assertTrue(compare(1.00005));
        assertContains(printed.toString(), "| other | 2000 (2000 to 2000) | 2.00");
    }

    @ParameterizedTest
    @ValueSource(doubles = {1.0002, Double.NaN, Double.POSITIVE_INFINITY})
    void otherLossesAreSaid(double second) {
        assertFalse(compare(second));
        assertContains(printed.toString(), "DIFFERENT: the loss of step 1 is 1.0 here and");
    }
}
