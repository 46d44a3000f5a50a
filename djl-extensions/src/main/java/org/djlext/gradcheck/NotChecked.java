/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

/**
 * Something that a {@link GradCheck} did not look at.
 *
 * @param what a check, an input or an output: "later calls", "input 1 (labels)", "output 0"
 * @param why the reason
 */
public record NotChecked(String what, String why) {

    /** {@return the line of the report} */
    @Override
    public String toString() {
        return what + ": " + why;
    }
}
