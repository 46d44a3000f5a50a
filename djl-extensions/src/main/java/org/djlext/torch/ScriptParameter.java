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
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A parameter of a script's function.
 *
 * @param name the name
 * @param spelling the type as the script writes it, without spaces
 * @param type the type, or the one that it is an Optional of; null if Java cannot pass it
 * @param isOptional whether the argument may be null
 * @param hasDefault whether the argument may be left out
 */
record ScriptParameter(
        String name,
        String spelling,
        @Nullable ScriptType type,
        boolean isOptional,
        boolean hasDefault) {

    private static final Pattern OPTIONAL = Pattern.compile("Optional\\[(.*)]");

    /** Makes a parameter of what the script says about it, such as {@code b: float = 1.0}. */
    static ScriptParameter of(String text) {
        int equals = text.indexOf('=');
        String declared = equals < 0 ? text : text.substring(0, equals);
        int colon = declared.indexOf(':');
        String name = colon < 0 ? declared : declared.substring(0, colon);
        // A parameter without a type is a tensor.
        String spelling =
                colon < 0
                        ? "Tensor"
                        : declared.substring(colon + 1)
                                .replaceAll("\\s", "")
                                .replace("torch.Tensor", "Tensor");
        Matcher optional = OPTIONAL.matcher(spelling);
        boolean isOptional = optional.matches();
        ScriptType type = ScriptType.of(isOptional ? optional.group(1) : spelling);
        return new ScriptParameter(name.strip(), spelling, type, isOptional, equals >= 0);
    }

    /**
     * Returns the engine's form of an argument, which the caller closes, or null for None.
     *
     * @throws IllegalArgumentException if the argument is not of the parameter's type
     */
    @Nullable IValue convert(String function, int index, @Nullable Object value) {
        if (type == null) {
            throw error(
                    function,
                    index,
                    "is of a type that Java cannot pass; a function called from Java takes "
                            + Arrays.stream(ScriptType.values())
                                    .map(t -> t.spelling)
                                    .collect(Collectors.joining(", "))
                            + ", or Optional of these");
        }
        if (value == null && isOptional) {
            return null;
        }
        IValue converted = value == null ? null : type.convert(value);
        if (converted == null) {
            String hint =
                    value == null ? "; declare it Optional[" + spelling + "] to pass null" : "";
            throw error(
                    function, index, "must be " + type.must + ", but is " + describe(value) + hint);
        }
        return converted;
    }

    private IllegalArgumentException error(String function, int index, String what) {
        return new IllegalArgumentException(
                function + ": argument " + index + " (" + this + ") " + what);
    }

    /** Returns what an argument is, for messages: "float32 (2, 3)". */
    static String describe(@Nullable Object value) {
        if (value instanceof NDArray array) {
            return !(array instanceof PtNDArray tensor)
                    ? "a " + array.getClass().getSimpleName()
                    : tensor.isReleased()
                            ? "a closed array"
                            : array.getDataType().name().toLowerCase(Locale.ROOT)
                                    + " "
                                    + array.getShape();
        }
        if (value instanceof List<?> list) {
            return list.stream()
                    .map(ScriptParameter::describe)
                    .collect(Collectors.joining(", ", "[", "]"));
        }
        return value == null
                        || value instanceof Number
                        || value instanceof Boolean
                        || value instanceof ScriptArgument
                ? String.valueOf(value)
                : "a " + value.getClass().getSimpleName();
    }

    @Override
    public String toString() {
        return name + ": " + spelling + (hasDefault ? " = ..." : "");
    }
}
