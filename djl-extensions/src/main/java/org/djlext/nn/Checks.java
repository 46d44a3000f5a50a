/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

/** What builders check of their numbers. */
final class Checks {

    private Checks() {}

    static long atLeastOne(String what, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(what + " must be at least 1, but got " + value);
        }
        return value;
    }

    static void isSet(String what, long value) {
        if (value == 0) {
            throw new IllegalStateException(what + " must be set, but is not");
        }
    }
}
