/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.spark;

/** A process that a task has started did not come to its end; the message says what it said. */
public final class ProcessException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message which process, and how it ended
     */
    public ProcessException(String message) {
        super(message);
    }
}
