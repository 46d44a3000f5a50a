/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.djlext.compile.Value.Origin;

/** Writes a few lines of a program, for tests of what a pass makes of them. */
abstract class PassCase {

    private final Map<String, Value> values = new HashMap<>();

    Value value(String name, Origin origin, long... shape) {
        return values.computeIfAbsent(
                name, n -> new Value(n, new Shape(shape), DataType.FLOAT32, origin, false));
    }

    final Value x = value("x", Origin.BATCH, 4, 3);
    final Value p = value("p", Origin.PARAMETER, 3, 2);
    final Value b = value("b", Origin.PARAMETER, 2);

    Line line(String result, List<Long> shape, String operation, Object... arguments) {
        long[] sizes = shape.stream().mapToLong(Long::longValue).toArray();
        return new Line(
                operation, List.of(arguments), List.of(value(result, Origin.RESULT, sizes)), "");
    }

    Line line(String result, String operation, Object... arguments) {
        return line(result, List.of(4L, 2L), operation, arguments);
    }

    static Line change(String operation, Object... arguments) {
        return new Line(operation, List.of(arguments), List.of(), "");
    }

    Program program(Line... lines) {
        Value last =
                lines[lines.length - 1].results().isEmpty() ? x : lines[lines.length - 1].result();
        return new Program(List.of(lines), List.of(last), Set.of(), Map.of());
    }

    static void assertLines(Pass pass, Program program, String... expected) {
        pass.apply(program);
        assertEquals(List.of(expected), program.step.stream().map(Line::toString).toList());
    }

    Value t(String name) {
        return Objects.requireNonNull(values.get(name));
    }
}
