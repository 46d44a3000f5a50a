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
import org.djlext.internal.NativeHooks;
import org.jspecify.annotations.Nullable;

/** The types that an argument of a script can have, and what Java passes for them. */
enum ScriptType {
    TENSOR("Tensor", "an open NDArray of the PyTorch engine"),
    TENSOR_LIST("List[Tensor]", "an NDList or a List of open NDArrays of the PyTorch engine"),
    INT("int", "an int or a long"),
    FLOAT("float", "a number"),
    BOOL("bool", "a boolean"),
    STR("str", "a String"),
    INT_LIST("List[int]", "an int[] or a long[]"),
    FLOAT_LIST("List[float]", "a double[]"),
    BOOL_LIST("List[bool]", "a boolean[]");

    /** How a script writes the type. */
    final String spelling;

    /** What Java passes, for messages: "must be ...". */
    final String must;

    ScriptType(String spelling, String must) {
        this.spelling = spelling;
        this.must = must;
    }

    /** Returns the engine's form of a value, which the caller closes, or null if it has none. */
    @Nullable IValue convert(Object value) {
        return switch (this) {
            case TENSOR -> isOpen(value) ? IValue.from((PtNDArray) value) : null;
            case TENSOR_LIST ->
                    value instanceof List<?> list && list.stream().allMatch(ScriptType::isOpen)
                            ? IValue.listFrom(list.toArray(new PtNDArray[0]))
                            : null;
            case INT ->
                    value instanceof Integer || value instanceof Long
                            ? IValue.from(((Number) value).longValue())
                            : null;
            case FLOAT -> value instanceof Number n ? IValue.from(n.doubleValue()) : null;
            case BOOL -> value instanceof Boolean b ? IValue.from(b) : null;
            case STR -> value instanceof String s ? IValue.from(s) : null;
            case INT_LIST ->
                    value instanceof long[] longs
                            ? IValue.listFrom(longs)
                            : value instanceof int[] ints
                                    ? IValue.listFrom(Arrays.stream(ints).asLongStream().toArray())
                                    : null;
            case FLOAT_LIST -> value instanceof double[] doubles ? IValue.listFrom(doubles) : null;
            case BOOL_LIST ->
                    value instanceof boolean[] booleans ? IValue.listFrom(booleans) : null;
        };
    }

    /** Returns the type of this spelling, or null if Java cannot pass it. */
    static @Nullable ScriptType of(String spelling) {
        return Arrays.stream(values())
                .filter(type -> type.spelling.equals(spelling))
                .findFirst()
                .orElse(null);
    }

    private static boolean isOpen(@Nullable Object value) {
        return value instanceof PtNDArray array
                && !array.isReleased()
                && NativeHooks.isNumeric(array);
    }
}
