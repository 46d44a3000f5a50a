/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * Draws the inputs of an operation.
 *
 * @param manager owns them
 * @param rows N, the number of rows
 * @param columns C, the number of columns
 */
record OperationInputs(NDManager manager, int rows, int columns) {

    /** Returns float32 numbers to differentiate by, normal with the deviation 1/2. */
    NDArray normal(long... shape) {
        NDArray x = manager.randomNormal(0, 0.5f, new Shape(shape), DataType.FLOAT32);
        x.setRequiresGradient(true);
        return x;
    }

    /** Returns x of shape (N, C). */
    NDArray x() {
        return normal(rows, columns);
    }

    /** Returns N integers from 0 to below the bound. */
    NDArray integers(long bound) {
        return manager.randomInteger(0, bound, new Shape(rows), DataType.INT64);
    }
}
