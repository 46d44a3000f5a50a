/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import ai.djl.engine.EngineException;

/**
 * Says that a script does not compile, or that a call of it failed: the engine's message, and the
 * lines of the source that it is about. The cause is the engine's own exception.
 */
public class TorchScriptException extends EngineException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception.
     *
     * @param message the message
     * @param cause what the engine threw
     */
    public TorchScriptException(String message, Throwable cause) {
        super(message, cause);
    }
}
