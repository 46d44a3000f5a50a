/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

/**
 * What was asked for cannot be done, for a reason that is not a fault of the program: data, a
 * checkpoint or a training that went wrong. The message tells a user in one sentence which, why and
 * what to do.
 */
public class MakemoreException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message one sentence for the user
     */
    public MakemoreException(String message) {
        super(message);
    }
}
