/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import ai.djl.pytorch.jni.IValue;

/**
 * An argument in the engine's form, for many calls: a list of many arrays costs as much to pass as
 * a small operation costs to compute. Made by {@link ScriptFunction#argument}; the engine keeps the
 * arrays alive until it is closed.
 */
public final class ScriptArgument implements AutoCloseable {

    private final IValue value;
    private final String description;

    ScriptArgument(IValue value, String description) {
        this.value = value;
        this.description = description;
    }

    IValue value() {
        return value;
    }

    /** Returns what the argument is, for messages. */
    @Override
    public String toString() {
        return description;
    }

    /** Frees the argument. */
    @Override
    public void close() {
        value.close();
    }
}
