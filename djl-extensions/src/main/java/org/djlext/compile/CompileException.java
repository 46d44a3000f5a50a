/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

/**
 * What a block, a loss or an optimizer does cannot be compiled. The message says what and where.
 */
public class CompileException extends UnsupportedOperationException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception.
     *
     * @param message what cannot be compiled, and what to do instead
     */
    public CompileException(String message) {
        super(message);
    }

    CompileException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Says what cannot be compiled of a place in Java, an optimizer or a block. */
    static CompileException at(String place, String why) {
        return new CompileException("cannot compile " + place + ": " + why);
    }
}
