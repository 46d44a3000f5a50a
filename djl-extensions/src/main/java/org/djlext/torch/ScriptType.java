/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The types that an argument of a script can have, and what Java passes for them. */
enum ScriptType {
    TENSOR("Tensor", "an open NDArray of the PyTorch engine") {
        @Override
        @Nullable IValue convert(Object value) {
            return isOpen(value) ? IValue.from((PtNDArray) value) : null;
        }
    },
    TENSOR_LIST("List[Tensor]", "an NDList or a List of open NDArrays of the PyTorch engine") {
        @Override
        @Nullable IValue convert(Object value) {
            return value instanceof List<?> list && list.stream().allMatch(ScriptType::isOpen)
                    ? IValue.listFrom(list.toArray(new PtNDArray[0]))
                    : null;
        }
    },
    INT("int", "an int or a long") {
        @Override
        @Nullable IValue convert(Object value) {
            return value instanceof Integer || value instanceof Long
                    ? IValue.from(((Number) value).longValue())
                    : null;
        }
    },
    FLOAT("float", "a number") {
        @Override
        @Nullable IValue convert(Object value) {
            return value instanceof Number n ? IValue.from(n.doubleValue()) : null;
        }
    },
    BOOL("bool", "a boolean") {
        @Override
        @Nullable IValue convert(Object value) {
            return value instanceof Boolean b ? IValue.from(b) : null;
        }
    },
    STR("str", "a String") {
        @Override
        @Nullable IValue convert(Object value) {
            return value instanceof String s ? IValue.from(s) : null;
        }
    },
    INT_LIST("List[int]", "an int[] or a long[]") {
        @Override
        @Nullable IValue convert(Object value) {
            return value instanceof long[] longs
                    ? IValue.listFrom(longs)
                    : value instanceof int[] ints
                            ? IValue.listFrom(Arrays.stream(ints).asLongStream().toArray())
                            : null;
        }
    },
    FLOAT_LIST("List[float]", "a double[]") {
        @Override
        @Nullable IValue convert(Object value) {
            return value instanceof double[] doubles ? IValue.listFrom(doubles) : null;
        }
    },
    BOOL_LIST("List[bool]", "a boolean[]") {
        @Override
        @Nullable IValue convert(Object value) {
            return value instanceof boolean[] booleans ? IValue.listFrom(booleans) : null;
        }
    };

    /** How a script writes the type. */
    final String spelling;

    /** What Java passes, for messages: "must be ...". */
    final String must;

    ScriptType(String spelling, String must) {
        this.spelling = spelling;
        this.must = must;
    }

    /** Returns the engine's form of a value, which the caller closes, or null if it has none. */
    abstract @Nullable IValue convert(Object value);

    /** Returns the type of this spelling, or null if Java cannot pass it. */
    static @Nullable ScriptType of(String spelling) {
        return Arrays.stream(values())
                .filter(type -> type.spelling.equals(spelling))
                .findFirst()
                .orElse(null);
    }

    private static boolean isOpen(@Nullable Object value) {
        return value instanceof PtNDArray array && !array.isReleased();
    }
}
