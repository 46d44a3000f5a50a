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
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A right jvp passes, and a wrong one, or none, does not. */
class ForwardModeCheckTest extends SeededTest {

    /** x^2, whose jvp is a multiple of the right one. */
    private static final class Square extends AutogradFunction {
        private final double factor;

        Square(double factor) {
            this.factor = factor;
        }

        @Override
        protected NDList forward(FunctionContext ctx, NDList inputs) {
            ctx.saveForBackward(inputs.get(0));
            return new NDList(inputs.get(0).square());
        }

        @Override
        protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
            return new NDList(gradOutputs.get(0).mul(ctx.saved(0)).mul(2));
        }

        @Override
        protected NDList jvp(FunctionContext ctx, NDList tangents) {
            return new NDList(tangents.get(0).mul(ctx.saved(0)).mul(2 * factor));
        }
    }

    private static GradCheck check(boolean fast) {
        return GradCheck.builder().optForwardAd(true).optFast(fast).optSeeds(3, 4).build();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rightOnesPass(boolean fast) {
        GradCheckReport report = check(fast).check(new Square(1), leaf(2, 3));
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
        new GradCheck().check(new Square(3), x).assertPassed(); // its backward is right
        GradCheckFailure failure = check(fast).check(new Square(3), x).failures().get(0);
        assertEquals(Check.FORWARD_MODE, failure.check());
        assertEquals(0, failure.output());
        assertTrue(failure.analytical() > 2 * failure.numerical() || failure.numerical() < 0);
        assertEquals(!fast, failure.message().contains("analytical is 3.0 times numerical"));
    }

    @Test
    void functionWithoutARuleSaysSo() {
        GradCheckReport report = check(false).check(Rules.square(Rules::squareRule), leaf(2));
        GradCheckFailure failure = report.failures().get(0);
        assertEquals(Check.FORWARD_MODE, failure.check());
        assertEquals(
                "Rule has no forward mode: it, or a function in it, has no jvp; override"
                        + " AutogradFunction.jvp, or leave out optForwardAd",
                failure.message());
    }

    @Test
    void isNotMadeUnlessAskedFor() {
        GradCheckReport report = new GradCheck().check(new Square(3), leaf(2));
        assertFalse(report.passed().contains(Check.FORWARD_MODE));
        assertFalse(report.toString().contains("forward mode"), report::toString);
    }
}
