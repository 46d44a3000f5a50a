/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import java.util.List;

/**
 * One thing that {@link GradCheck} found wrong.
 *
 * @param check which check failed
 * @param input the index of the input that it is about, or -1
 * @param inputName how that input is called: "input 1 (gamma)", "parameter weight"; or empty
 * @param output the index of the output that it is about, or -1
 * @param index where in the input the worst element is, or empty
 * @param outputIndex where in the output its derivative is worst, or empty
 * @param analytical what backward says there, or NaN
 * @param numerical what it should be, or NaN
 * @param wrong how many elements of the input are wrong
 * @param total how many elements the input has
 * @param message all of it in a sentence
 */
public record GradCheckFailure(
        Check check,
        int input,
        String inputName,
        int output,
        List<Long> index,
        List<Long> outputIndex,
        double analytical,
        double numerical,
        long wrong,
        long total,
        String message) {

    /** Makes one that has no numbers. */
    static GradCheckFailure of(Check check, int input, String inputName, String message) {
        double none = Double.NaN;
        return new GradCheckFailure(
                check, input, inputName, -1, List.of(), List.of(), none, none, 0, 0, message);
    }

    /** {@return the line of the report, the check and the message} */
    @Override
    public String toString() {
        return check + ": " + message;
    }
}
