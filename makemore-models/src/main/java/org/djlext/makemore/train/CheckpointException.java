/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.train;

import java.nio.file.Path;
import org.djlext.makemore.data.MakemoreException;

/** A checkpoint cannot be used, for a reason that its message gives in a sentence. */
public final class CheckpointException extends MakemoreException {

    private static final long serialVersionUID = 1;

    /**
     * Creates the exception.
     *
     * @param message which file, what it must be, what it is, what to try
     */
    public CheckpointException(String message) {
        super(message);
    }

    /**
     * {@return an exception which says of a checkpoint that what is in it cannot be used}
     *
     * @param file the checkpoint
     * @param cause why not
     */
    public static CheckpointException of(Path file, IllegalArgumentException cause) {
        CheckpointException e =
                new CheckpointException(
                        "the checkpoint " + file + " cannot be used: " + cause.getMessage());
        e.initCause(cause);
        return e;
    }
}
