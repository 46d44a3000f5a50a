/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A parameter of a script's function.
 *
 * @param name the name
 * @param spelling the type as the script writes it, without spaces
 * @param hasDefault whether the argument may be left out
 */
record ScriptParameter(String name, String spelling, boolean hasDefault) {

    private static final String OPTIONAL = "Optional[";

    /**
     * Returns the engine's form of an argument, which the caller closes, or null for None.
     *
     * @throws IllegalArgumentException if the argument is not of the parameter's type
     */
    @Nullable IValue convert(String function, int index, @Nullable Object value) {
        ScriptType type = ScriptType.of(required());
        if (type == null) {
            throw new IllegalArgumentException(
                    function
                            + ": argument "
                            + index
                            + " ("
                            + this
                            + ") is of a type that Java cannot pass; a function called from Java"
                            + " takes "
                            + Arrays.stream(ScriptType.values())
                                    .map(t -> t.spelling)
                                    .collect(Collectors.joining(", "))
                            + ", or Optional of these");
        }
        if (value == null && isOptional()) {
            return null;
        }
        IValue converted = value == null ? null : type.convert(value);
        if (converted == null) {
            throw new IllegalArgumentException(
                    function
                            + ": argument "
                            + index
                            + " ("
                            + this
                            + ") must be "
                            + type.must
                            + ", but is "
                            + describe(value)
                            + (value == null
                                    ? "; declare it Optional[" + spelling + "] to pass null"
                                    : ""));
        }
        return converted;
    }

    boolean isOptional() {
        return spelling.startsWith(OPTIONAL);
    }

    private String required() {
        return isOptional()
                ? spelling.substring(OPTIONAL.length(), spelling.length() - 1)
                : spelling;
    }

    /** Returns what an argument is, for messages: "float32 (2, 3)". */
    static String describe(@Nullable Object value) {
        if (value instanceof NDArray array) {
            return !(array instanceof PtNDArray tensor)
                    ? "a " + array.getClass().getSimpleName()
                    : tensor.isReleased()
                            ? "a closed array"
                            : array.getDataType().name().toLowerCase(java.util.Locale.ROOT)
                                    + " "
                                    + array.getShape();
        }
        if (value instanceof List<?> list) {
            return list.stream()
                    .map(ScriptParameter::describe)
                    .collect(Collectors.joining(", ", "[", "]"));
        }
        return value == null || value instanceof Number || value instanceof Boolean
                ? String.valueOf(value)
                : "a " + value.getClass().getSimpleName();
    }

    @Override
    public String toString() {
        return name + ": " + spelling + (hasDefault ? " = ..." : "");
    }
}
