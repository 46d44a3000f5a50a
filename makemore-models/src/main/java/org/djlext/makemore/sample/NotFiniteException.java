/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.sample;

/** Nothing can be drawn from a model, because it computes NaN or infinite logits. */
public final class NotFiniteException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /**
     * Creates the exception.
     *
     * @param message what it computes, and what to try
     */
    public NotFiniteException(String message) {
        super(message);
    }
}
