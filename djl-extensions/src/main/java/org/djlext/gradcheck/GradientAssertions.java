/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.training.loss.Loss;
import java.util.function.Function;
import org.djlext.autograd.AutogradFunction;

/**
 * Assertions about gradients, for any test framework: an AssertionError holds the report, which
 * names the inputs that are wrong.
 *
 * <pre>{@code
 * @Test
 * void gradientsOfSquare() {
 *     assertGradients(new Square(), x);
 * }
 * }</pre>
 *
 * <p>They take {@link GradCheck} with its defaults, and fail also where nothing was compared. An
 * input is called what {@code inputNames} of the function says, or what {@link NDArray#setName} has
 * called it. For other settings: {@code GradCheck.builder()...build().check(..).assertPassed()}.
 */
public final class GradientAssertions {

    private GradientAssertions() {}

    /**
     * Asserts that a hand-written backward is right.
     *
     * @param function the function
     * @param inputs where to check it
     * @throws AssertionError if a check fails or nothing was compared; the message is the report
     */
    public static void assertGradients(AutogradFunction function, NDArray... inputs) {
        assertCompared(new GradCheck().check(function, inputs));
    }

    /**
     * Asserts that the gradients of any function are right.
     *
     * @param function a function from arrays to arrays
     * @param inputs where to check it
     * @throws AssertionError if a check fails or nothing was compared; the message is the report
     */
    public static void assertGradients(Function<NDList, NDList> function, NDList inputs) {
        assertCompared(new GradCheck().check(function, inputs));
    }

    /**
     * Asserts that the gradients of a block are right, by its inputs and its parameters.
     *
     * @param block an initialized block
     * @param inputs where to check it
     * @throws AssertionError if a check fails or nothing was compared; the message is the report
     */
    public static void assertGradients(Block block, NDList inputs) {
        assertCompared(new GradCheck().check(block, inputs));
    }

    /**
     * Asserts that the gradients of a loss by its predictions are right.
     *
     * @param loss the loss
     * @param labels the labels
     * @param predictions where to check it
     * @throws AssertionError if a check fails or nothing was compared; the message is the report
     */
    public static void assertGradients(Loss loss, NDList labels, NDList predictions) {
        assertCompared(new GradCheck().check(loss, labels, predictions));
    }

    private static void assertCompared(GradCheckReport report) {
        if (!report.isPassed() || !report.passed().contains(Check.JACOBIAN)) {
            throw new AssertionError(report.toString());
        }
    }
}
