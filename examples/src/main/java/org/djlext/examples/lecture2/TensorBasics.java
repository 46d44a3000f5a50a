/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture2;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.djlext.examples.lecture.Output;

/** Arrays: shapes, types, and setting an element. */
final class TensorBasics {

    private TensorBasics() {}

    static void run(Output out) {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray zeros = manager.zeros(new Shape(3, 5));
            out.line("zeros of shape %s have type %s", zeros.getShape(), zeros.getDataType());
            NDArray a = manager.zeros(new Shape(3, 5), DataType.INT32);
            NDIndex place = new NDIndex(1, 3);
            a.set(place, 1);
            a.set(place, element -> element.addi(1));
            out.line("set to 1 and raised by 1: %s", a.toDebugString(true).strip());
            // A method call brings a number out of an array, whose type it must know.
            out.line("as a number: %d", a.getInt(1, 3));

            // The type follows from what an array is made of. Indices are made of longs.
            NDArray longs = manager.create(new long[] {0, 5, 13});
            NDArray floats = manager.create(new float[] {0, 5, 13});
            out.line(
                    "from long[]: %s; from float[]: %s", longs.getDataType(), floats.getDataType());
        }
    }
}
