/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import org.djlext.autograd.Autograd;

/**
 * How a run computes the gradients of a model. The model is the same, and so are the numbers up to
 * rounding.
 */
public enum Gradients {
    /** Whole steps, forward, backward and update, in one script of the engine, many in a call. */
    COMPILED,

    /** The hand-written backward of {@code org.djlext.nn}, as nodes of the engine's graph. */
    MANUAL,

    /** The engine's own autograd. */
    ENGINE;

    /**
     * Opens a block of code whose gradients are computed like this on this thread.
     *
     * @return the scope, to be closed by try-with-resources
     */
    public Autograd.Scope scope() {
        return this == ENGINE ? Autograd.engineGradients() : () -> {};
    }

    /** {@return words for a printout} */
    public String description() {
        return switch (this) {
            case COMPILED -> "compiled steps";
            case MANUAL -> "hand-written backward";
            case ENGINE -> "the engine's autograd";
        };
    }
}
