/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The text of what is no array. */
final class Literal {

    private Literal() {}

    static String of(@Nullable Object value) {
        if (value == null) {
            return "None";
        }
        if (value instanceof String text) {
            return text;
        }
        if (value instanceof Boolean flag) {
            return flag ? "True" : "False";
        }
        if (value instanceof Shape shape) {
            return Arrays.toString(shape.getShape());
        }
        if (value instanceof long[] longs) {
            return Arrays.toString(longs);
        }
        if (value instanceof int[] ints) {
            return Arrays.toString(ints);
        }
        if (value instanceof DataType type) {
            return type(type);
        }
        if (value instanceof Number number) {
            return number(number);
        }
        throw new CompileException(
                "cannot compile: an argument is a " + value.getClass().getSimpleName());
    }

    private static String number(Number number) {
        if (!(number instanceof Float || number instanceof Double)) {
            return number.toString();
        }
        double d = number.doubleValue();
        if (Double.isNaN(d)) {
            return "math.nan";
        }
        return Double.isInfinite(d) ? (d > 0 ? "math.inf" : "-math.inf") : Double.toString(d);
    }

    private static String type(DataType type) {
        return "torch."
                + switch (type) {
                    case FLOAT16 -> "float16";
                    case FLOAT32 -> "float32";
                    case FLOAT64 -> "float64";
                    case BFLOAT16 -> "bfloat16";
                    case INT8 -> "int8";
                    case UINT8 -> "uint8";
                    case INT16 -> "int16";
                    case INT32 -> "int32";
                    case INT64 -> "int64";
                    case BOOLEAN -> "bool";
                    default ->
                            throw new CompileException(
                                    "cannot compile: scripts have no type " + type);
                };
    }
}
