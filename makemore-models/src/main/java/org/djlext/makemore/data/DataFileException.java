/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.data;

/** A data file that cannot be used; the message says in one sentence which, why and what to do. */
public final class DataFileException extends MakemoreException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message one sentence for the user
     */
    public DataFileException(String message) {
        super(message);
    }
}
