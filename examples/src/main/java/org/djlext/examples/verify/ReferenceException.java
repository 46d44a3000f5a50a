/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.verify;

/** A reference file that cannot be used; the message says in one sentence where and why. */
public final class ReferenceException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message one sentence for the user
     */
    public ReferenceException(String message) {
        super(message);
    }
}
