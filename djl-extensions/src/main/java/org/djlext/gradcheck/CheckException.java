/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

/** A check failed in the middle of the others, and what it was about cannot be compared. */
final class CheckException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final Check check;
    private final int input;

    /**
     * Creates it.
     *
     * @param check which check failed
     * @param input the index of the input that it is about, or -1
     * @param message what is wrong
     */
    CheckException(Check check, int input, String message) {
        super(message);
        this.check = check;
        this.input = input;
    }

    GradCheckFailure toFailure(Subject subject) {
        String label = input < 0 ? "" : subject.inputs().get(input).label();
        return GradCheckFailure.of(check, input, label, String.valueOf(getMessage()));
    }
}
