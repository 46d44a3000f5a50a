/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import org.jspecify.annotations.Nullable;

/** What layers and operations check of numbers. */
final class Checks {

    private Checks() {}

    static long atLeastOne(String what, long value) {
        if (value < 1) {
            throw new IllegalArgumentException(what + " must be at least 1, but got " + value);
        }
        return value;
    }

    /**
     * Checks type and range of indices, on the CPU too: the engine's own check names neither the
     * place nor the remedy.
     *
     * @param who what takes the indices, such as "embedding"
     * @param of what there is to choose from, such as " of 27 rows"
     * @param what what it calls the indices
     * @param array the indices
     * @param count how many there are to choose from
     * @param ignored another number that is allowed, or null
     * @return the indices as INT64
     */
    static NDArray indices(
            String who, String of, String what, NDArray array, long count, @Nullable Long ignored) {
        DataType type = array.getDataType();
        if (!type.isInteger()) { // bfloat16 is unknown to DJL
            throw new IllegalArgumentException(
                    ("%s takes %s of an integer type, but got %s; convert"
                                    + " them with toType(DataType.INT64, false)")
                            .formatted(who, what, type));
        }
        NDArray wide = array.toType(DataType.INT64, false);
        long[] values = wide.toLongArray();
        for (int i = 0; i < values.length; i++) {
            boolean isIgnored = ignored != null && values[i] == ignored;
            if (!isIgnored && (values[i] < 0 || values[i] >= count)) {
                throw new IllegalArgumentException(
                        who
                                + of
                                + " takes "
                                + what
                                + " from 0 to "
                                + (count - 1)
                                + (ignored == null ? "" : ", or " + ignored + " to ignore")
                                + ", but element "
                                + i
                                + " of an array of shape "
                                + array.getShape()
                                + " is "
                                + values[i]);
            }
        }
        return wide;
    }
}
