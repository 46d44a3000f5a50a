/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import org.djlext.testing.SquareWithJvp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A right jvp passes, and a wrong one, or none, does not. */
class ForwardModeCheckTest extends SeededTest {

    private static GradCheck check(boolean fast) {
        return GradCheck.builder().optForwardAd(true).optFast(fast).optSeeds(3, 4).build();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rightOnesPass(boolean fast) {
        GradCheckReport report = check(fast).check(new SquareWithJvp(1), leaf(2, 3));
        report.assertPassed();
        assertTrue(report.passed().contains(Check.FORWARD_MODE));
        // The engine's own rules, of two inputs and two outputs.
        check(fast)
                .check(
                        in -> new NDList(in.get(0).mul(in.get(1)).tanh(), in.get(1).exp()),
                        new NDList(leaf(3), leaf(3)))
                .assertPassed();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void wrongOnesDoNot(boolean fast) {
        NDArray x = leaf(2, 3);
        new GradCheck().check(new SquareWithJvp(3), x).assertPassed(); // its backward is right
        GradCheckReport.Failure failure =
                check(fast).check(new SquareWithJvp(3), x).failures().get(0);
        assertEquals(Check.FORWARD_MODE, failure.check());
        assertEquals(0, failure.output());
        assertTrue(failure.analytical() > 2 * failure.numerical() || failure.numerical() < 0);
        assertEquals(!fast, failure.message().contains("analytical is 3.0 times numerical"));
    }

    @Test
    void functionWithoutARuleSaysSo() {
        GradCheckReport report = check(false).check(Rules.square(Rules::squareRule), leaf(2));
        GradCheckReport.Failure failure = report.failures().get(0);
        assertEquals(Check.FORWARD_MODE, failure.check());
        assertEquals(
                "Rule has no forward mode: it, or a function in it, has no jvp; override"
                        + " AutogradFunction.jvp, or leave out optForwardAd",
                failure.message());
    }

    @Test
    void isNotMadeUnlessAskedFor() {
        GradCheckReport report = new GradCheck().check(new SquareWithJvp(3), leaf(2));
        assertFalse(report.passed().contains(Check.FORWARD_MODE));
        assertFalse(report.toString().contains("forward mode"), report::toString);
    }
}
