/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.distributed;

import ai.djl.ndarray.types.DataType;

/** How the values of all ranks become one. */
public enum ReduceOp {
    /** Their sum. */
    SUM("sum"),
    /** Their sum divided by the number of ranks, for floating types. */
    MEAN("sum"),
    /** The largest one. */
    MAX("max");

    /** What the engine calls it; the mean is a sum at first. */
    final String engineName;

    ReduceOp(String engineName) {
        this.engineName = engineName;
    }

    /** Returns what the engine's result is divided by. */
    double divisor(DataType type, int worldSize) {
        if (this != MEAN) {
            return 1;
        }
        if (!type.isFloating()) {
            throw new IllegalArgumentException(
                    "the mean over ranks needs arrays of a floating type, but got " + type);
        }
        return worldSize;
    }
}
