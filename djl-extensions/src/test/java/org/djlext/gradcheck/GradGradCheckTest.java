/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.core.Linear;
import org.djlext.autograd.AutogradFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Second derivatives: right ones pass, and a rule that is right only once does not. */
class GradGradCheckTest extends SeededTest {

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rulesMadeOfOperationsOnSavedInputs(boolean fast) {
        GradCheck check = GradCheck.builder().optFast(fast).build();
        check.gradGradCheck(Rules.square(Rules::squareRule), leaf(3, 2)).assertPassed();
        check.gradGradCheck(Rules.product(Rules::productRule), leaf(5), leaf(5)).assertPassed();
        check.gradGradCheck(Rules.linear(Rules::linearRule), leaf(3, 2), leaf(4, 2), leaf(4))
                .assertPassed();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theEnginesOwnAndBlocks(boolean fast) {
        GradCheck check = GradCheck.builder().optFast(fast).build();
        check.gradGradCheck(
                        in -> new NDList(in.get(0).tanh().mul(in.get(1)), in.get(1).exp()),
                        new NDList(leaf(3), leaf(3)))
                .assertPassed();
        Block linear = initialized(Linear.builder().setUnits(2).build(), new Shape(4, 3));
        check.gradGradCheck(linear, new NDList(leaf(4, 3))).assertPassed();
    }

    @Test
    void gradientComputedOutsideTheGraph() {
        // Right the first time, but the engine cannot see how dx comes from x.
        AutogradFunction f =
                Rules.square(
                        (dy, s) -> {
                            NDArray copy = dy.getManager().create(s.get(0).toDoubleArray());
                            return new NDList(dy.mul(copy).mul(2));
                        });
        NDArray x = leaf(3);
        new GradCheck().check(f, x).assertPassed();
        GradCheckReport report = new GradCheck().gradGradCheck(f, x);
        GradCheckReport.Failure failure = report.failures().get(0);
        assertEquals("gradient of Rule", report.subject());
        assertEquals(Check.JACOBIAN, failure.check());
        assertEquals("input 0 (x)", failure.inputName());
        assertTrue(
                failure.message().endsWith("analytical is zero in all of them"), report::toString);
    }

    @Test
    void gradientCutOffAltogether() {
        AutogradFunction f =
                Rules.product(
                        (dy, s) -> new NDList(dy.mul(s.get(1)), dy.mul(s.get(0)).stopGradient()));
        GradCheckReport report = new GradCheck().gradGradCheck(f, leaf(3), leaf(3));
        // db, the second output, is cut off from a and from the upstream gradient.
        assertEquals(2, report.failures().size(), report::toString);
        for (GradCheckReport.Failure failure : report.failures()) {
            assertEquals(1, failure.output());
            assertEquals(Check.JACOBIAN, failure.check());
        }
        assertEquals("input 0 (a)", report.failures().get(0).inputName());
        assertEquals("upstream gradient of output 0", report.failures().get(1).inputName());
    }
}
