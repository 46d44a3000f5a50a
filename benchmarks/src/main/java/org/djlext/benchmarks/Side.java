/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.util.function.IntFunction;

/**
 * One way of doing steps, from the same start each time; most train a network from the same weights
 * on the same batches.
 *
 * @param name what it is
 * @param steps the steps of a round
 * @param work does a number of steps, and returns the seconds of one and then their losses
 */
record Side(String name, int steps, IntFunction<double[]> work) {

    /** Does the steps of a round, and returns the seconds of one. */
    double seconds() {
        return work.apply(steps)[0];
    }
}
