/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Makes an array of each number that is added to an array or multiplies it, once before the first
 * step: the engine's form for numbers makes one in every call, and copies its result to where it is
 * wanted. What adds 0 or multiplies by 1 goes.
 */
final class NumbersAsArrays implements Pass {

    private static final Set<String> SUMS = Set.of("add", "sub");
    private static final Set<String> PRODUCTS = Set.of("mul", "div");

    @Override
    public void apply(Program program) {
        Map<String, Value> arrays = new LinkedHashMap<>();
        UnaryOperator<Value> memory = program.memory();
        program.rewrite(
                (line, same) -> {
                    Double number = program.isRecorded(line) ? null : number(line);
                    if (number == null) {
                        return List.of(line);
                    }
                    if (isNeutral(line, number, memory)) {
                        same.put(line.result(), line.operand(0));
                        return List.of();
                    }
                    DataType type = line.result().type;
                    Value array =
                            arrays.computeIfAbsent(
                                    number + " " + type,
                                    key -> array(arrays.size(), number, program, type));
                    return List.of(line.with(line.operation(), line.operand(0), array));
                });
    }

    private static Value array(int index, double number, Program program, DataType type) {
        String text = Literal.of(number);
        return program.create("n" + index, new Shape(), type, Value.Origin.CONSTANT, "full", text);
    }

    private static @Nullable Double number(Line line) {
        boolean applies =
                (SUMS.contains(line.operation()) || PRODUCTS.contains(line.operation()))
                        && line.arguments().size() == 2
                        && line.arguments().get(0) instanceof Value array
                        && isExact(array.type)
                        && line.result().type == array.type;
        try {
            return applies && line.arguments().get(1) instanceof String text
                    ? Double.valueOf(text)
                    : null;
        } catch (NumberFormatException e) {
            return null; // something else is written there
        }
    }

    /** Tells whether the engine rounds a number to the type of the array it meets. */
    static boolean isExact(DataType type) {
        return type == DataType.FLOAT32 || type == DataType.FLOAT64;
    }

    // A parameter changes in the step, and what was read of it before must not.
    private static boolean isNeutral(Line line, double number, UnaryOperator<Value> memory) {
        return number == (SUMS.contains(line.operation()) ? 0 : 1)
                && memory.apply(line.operand(0)).origin == Value.Origin.RESULT;
    }
}
