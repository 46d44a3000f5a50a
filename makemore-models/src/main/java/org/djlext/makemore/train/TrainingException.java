/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

/** Training cannot go on, for a reason that its message gives in a sentence. */
public final class TrainingException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /**
     * Creates the exception.
     *
     * @param message what happened, and what to try
     */
    public TrainingException(String message) {
        super(message);
    }
}
