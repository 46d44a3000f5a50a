/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.gradcheck;

import ai.djl.ndarray.types.DataType;

/**
 * The settings of one run, with the defaults of its type filled in.
 *
 * @param type the narrowest type among the differentiated inputs
 * @param eps the step
 * @param tolerance how far analytical may be from numerical
 * @param nondetTol how far two runs may be apart
 * @param fast whether along one direction
 * @param seed the seed of all random numbers
 */
record Settings(
        DataType type, double eps, Tolerance tolerance, double nondetTol, boolean fast, long seed) {

    /** A value as an array of the type holds it. */
    double round(double value) {
        return type == DataType.FLOAT32 ? (float) value : value;
    }
}
