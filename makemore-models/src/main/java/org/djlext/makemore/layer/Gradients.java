/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.layer;

/** Who differentiates the operations of a model. The numbers are the same, up to rounding. */
public enum Gradients {
    /**
     * The hand-written backward as part of whole steps in one script, {@link
     * org.djlext.makemore.fused.FusedStep}, in plain gradient descent on the networks that have it;
     * the engine's autograd everywhere else.
     */
    FUSED,

    /** The hand-written backward of {@code org.djlext.nn}, where there is one. */
    MANUAL,

    /** The engine's own autograd. */
    ENGINE;

    /**
     * Returns the operations.
     *
     * @return operations that can be differentiated
     */
    public Operations operations() {
        return this == MANUAL ? ManualOperations.INSTANCE : EngineOperations.INSTANCE;
    }

    /**
     * Says who it is.
     *
     * @return words for a printout
     */
    public String description() {
        return switch (this) {
            case FUSED -> "hand-written backward in fused steps";
            case MANUAL -> "hand-written backward";
            case ENGINE -> "the engine's autograd";
        };
    }
}
