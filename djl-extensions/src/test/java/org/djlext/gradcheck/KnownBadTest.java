/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import java.util.List;
import org.djlext.autograd.AutogradFunction;

/**
 * What the tests of wrong rules share: what is wrong is told so by the right check, in both modes.
 */
abstract class KnownBadTest extends SeededTest {

    NDArray values(double... values) {
        NDArray array = manager.create(values);
        array.setRequiresGradient(true);
        return array;
    }

    /** Both modes reject it for the same reason; returns the slow mode's only failure. */
    static GradCheckFailure failure(Check check, AutogradFunction f, NDArray... inputs) {
        GradCheckReport fast = GradCheck.builder().optFast(true).build().check(f, inputs);
        assertTrue(fast.failures().stream().anyMatch(x -> x.check() == check), fast::toString);
        GradCheckReport slow = new GradCheck().check(f, inputs);
        List<GradCheckFailure> found =
                slow.failures().stream().filter(x -> x.check() == check).toList();
        assertEquals(1, found.size(), slow::toString);
        assertFalse(slow.passed().contains(check));
        assertThrows(AssertionError.class, slow::assertPassed);
        return found.get(0);
    }

    static void assertOnly(Check check, AutogradFunction f, NDArray... inputs) {
        GradCheckReport report = new GradCheck().check(f, inputs);
        for (GradCheckFailure failure : report.failures()) {
            assertEquals(check, failure.check(), report::toString);
        }
        assertFalse(report.isPassed());
    }
}
