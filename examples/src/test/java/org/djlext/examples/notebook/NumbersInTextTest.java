/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.notebook;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** What counts as the same text. */
class NumbersInTextTest {

    @Test
    void lastDigitsAndSignsOfZeroDoNotCount() {
        assertTrue(
                close(
                        "mean +0.00, loss 3.2958, maxdiff: 1.8e-09",
                        "mean -0.00, loss 3.2961, maxdiff: 0.0"));
        assertTrue(close("step  0 of 20", "step 0 of 20"));
    }

    @Test
    void allElseCounts() {
        assertFalse(close("loss 3.2958", "loss 3.3300"));
        assertFalse(close("loss 3.2958", "loss NaN"));
        assertFalse(close("loss NaN", "loss 3.2958"));
        assertFalse(close("loss 3.2958", "loss 3.2958 3.2958"));
        assertFalse(close("12,097 parameters", "12,098 parameters"));
        assertFalse(close("exact: True", "exact: False"));
    }

    private static boolean close(String one, String other) {
        return NumbersInText.of(one).isCloseTo(NumbersInText.of(other));
    }
}
