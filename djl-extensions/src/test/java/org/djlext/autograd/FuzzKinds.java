/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.engine.EngineException;
import java.util.Set;

/**
 * What a fuzzer may do; names that are left out are given by an option.
 *
 * @param without operations of {@link FuzzOp}, misuses of {@link FuzzMisuse}, or one of: gc,
 *     threads, manyThreads, twice, javaUpstream, messages, causes, changed, misuse, sideBySide,
 *     wrong
 */
record FuzzKinds(Set<String> without) {

    /** What the fuzzer throws where user code does. */
    static final class Thrown extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Thrown(String message) {
            super(message);
        }
    }

    boolean has(String name) {
        return !without.contains(name);
    }

    /** Fails unless an exception is of a kind that users are told of, with a readable message. */
    void check(Throwable e) {
        boolean known =
                e instanceof IllegalArgumentException
                        || e instanceof IllegalStateException
                        || e instanceof EngineException
                        || e instanceof UnsupportedOperationException
                        || e instanceof Thrown;
        if (!known) {
            throw new AssertionError("an exception of another kind: " + e, e);
        }
        String message = String.valueOf(e.getMessage());
        if (has("messages") && (message.isEmpty() || message.contains("frame #"))) {
            String start = message.substring(0, Math.min(80, message.length()));
            throw new AssertionError("a trace of C++ is in the message: " + start, e);
        }
    }

    /** Fails unless what user code has thrown is the exception or one of its causes. */
    void checkCause(Throwable thrown, Throwable e) {
        check(e);
        if (!has("causes")) {
            return;
        }
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause == thrown) {
                return;
            }
        }
        throw new AssertionError("what was thrown is not among the causes of " + e, e);
    }
}
