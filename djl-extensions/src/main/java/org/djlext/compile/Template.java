/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A method whose arguments go into a call of the script as they are: {@code clip(a, b)} is {@code
 * clamp(x, a, b)}.
 *
 * @param name the name of the method
 * @param count how many arguments it has
 * @param operation the name of the function of libtorch
 * @param arguments its arguments: x, a letter, or text
 */
record Template(String name, int count, String operation, List<String> arguments) {

    private static final Pattern LINE = Pattern.compile("(\\w+)\\((.*?)\\) +(\\w+)\\((.*)\\)");

    static Template parse(String line) {
        Matcher matcher = LINE.matcher(line);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a line of the table: " + line);
        }
        return new Template(
                matcher.group(1),
                split(matcher.group(2)).size(),
                matcher.group(3),
                split(matcher.group(4)));
    }

    private static List<String> split(String text) {
        return text.isEmpty() ? List.of() : List.of(text.split(", "));
    }

    String key() {
        return Operations.key(name, count);
    }

    /** Does the method on the engine's arrays, and notes it. */
    Object apply(MethodCall call) {
        List<@Nullable Object> converted = new ArrayList<>();
        for (String argument : arguments) {
            char letter = argument.length() == 1 ? argument.charAt(0) : '?';
            if (letter == 'x') {
                converted.add(call.self());
            } else if (Character.isLetter(letter)) {
                Object given = call.args()[Character.toLowerCase(letter) - 'a'];
                converted.add(operand(call.self(), given, Character.isUpperCase(letter)));
            } else {
                converted.add(argument);
            }
        }
        return call.record(operation, converted.toArray());
    }

    /**
     * A number is written out where the script then computes in the same type as the engine, for
     * which DJL makes an array of it: one of no axes gives its type to another of no axes.
     */
    private static @Nullable Object operand(
            TracedArray self, @Nullable Object argument, boolean array) {
        if (!(argument instanceof Number number)) {
            return argument;
        }
        DataType type = self.real().getDataType();
        boolean sameType;
        if (self.real().getShape().dimension() == 0) {
            boolean isDouble = number instanceof Double;
            sameType = type == DataType.FLOAT64 || (type == DataType.FLOAT32 && !isDouble);
        } else {
            boolean isWhole = number instanceof Integer || number instanceof Long;
            // No power of whole numbers takes a negative one that is not an array.
            sameType =
                    type.isFloating() || (type.isInteger() && isWhole && number.longValue() >= 0);
        }
        return sameType && !array ? number : self.tape().manager().scalar(number);
    }
}
