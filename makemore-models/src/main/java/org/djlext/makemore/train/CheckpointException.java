/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

/** A checkpoint cannot be used, for a reason that its message gives in a sentence. */
public final class CheckpointException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /**
     * Creates the exception.
     *
     * @param message which file, what it must be, what it is, what to try
     */
    public CheckpointException(String message) {
        super(message);
    }
}
