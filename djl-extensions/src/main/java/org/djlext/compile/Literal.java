/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Locale;
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
        return switch (type) {
            case FLOAT16, FLOAT32, FLOAT64, BFLOAT16, INT8, UINT8, INT16, INT32, INT64 ->
                    "torch." + type.name().toLowerCase(Locale.ROOT);
            case BOOLEAN -> "torch.bool";
            default -> throw new CompileException("cannot compile: scripts have no type " + type);
        };
    }
}
