/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

/**
 * One way of training a network, from the same weights on the same batches each time.
 *
 * @param name what it is
 * @param training does a number of steps, and returns the seconds of one and then the losses
 */
record Side(String name, Training training) {

    /** Trains. */
    @FunctionalInterface
    interface Training {
        double[] run(int steps);
    }
}
