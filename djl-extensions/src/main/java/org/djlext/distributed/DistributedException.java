/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.distributed;

import org.jspecify.annotations.Nullable;

/**
 * What is thrown where a process group cannot be joined, or has lost a rank. The group is of no
 * more use then: close it, and start all ranks again from where they last saved.
 */
public class DistributedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception.
     *
     * @param message the message
     * @param cause what the engine threw, null if it threw nothing
     */
    public DistributedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
