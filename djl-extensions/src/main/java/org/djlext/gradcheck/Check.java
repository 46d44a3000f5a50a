/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import java.util.Locale;

/** What {@link GradCheck} looks at, in this order. */
public enum Check {
    /**
     * At least one input requires a gradient, and all that do are of type float64 (or float32, if
     * that was allowed).
     */
    INPUTS,
    /** The function returns arrays, one of them of floating type, without an exception. */
    FORWARD,
    /** Forward and backward leave the inputs, and backward its upstream gradients, as they were. */
    INPUTS_UNMODIFIED,
    /** No output is NaN or infinite. */
    OUTPUTS_FINITE,
    /** A second call on the same inputs gives the same outputs, recorded or not. */
    FORWARD_REPEATABLE,
    /** Backward runs without an exception. */
    BACKWARD,
    /** There is a gradient for each input, of its shape, type and device. */
    GRADIENT_FORM,
    /** No gradient is NaN or infinite. */
    GRADIENTS_FINITE,
    /** A second backward through the same graph gives the same gradients. */
    BACKWARD_REPEATABLE,
    /** Where the upstream gradient is zero, so are all gradients. */
    ZERO_UPSTREAM,
    /** Backward is linear: the gradients of parts of the upstream gradient add up. */
    LINEAR_UPSTREAM,
    /** One of several outputs without a gradient counts as one with a gradient of zeros. */
    UNDEFINED_UPSTREAM,
    /** The gradient of an input is the same where no other input requires one. */
    SINGLE_INPUTS,
    /** Views, whose elements have gaps between them in memory, give the same as other arrays. */
    LAYOUT,
    /** Another call between forward and backward does not change the gradients. */
    LATER_CALLS,
    /** The outputs keep number, shape and type when an input changes a little. */
    OUTPUTS_STABLE,
    /** The gradients are those of central differences. */
    JACOBIAN,
    /**
     * So are the derivatives of forward mode, by {@code jvp}, if {@code optForwardAd} asks for it.
     */
    FORWARD_MODE;

    /** Tells whether gradients are wrong where this check fails. The others are about the rest. */
    boolean isOfGradients() {
        return compareTo(GRADIENT_FORM) >= 0 && this != OUTPUTS_STABLE;
    }

    /** {@return the name as reports print it, in lower case and words} */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
