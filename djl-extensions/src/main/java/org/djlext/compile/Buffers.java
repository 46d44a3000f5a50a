/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Gives results memory that was allocated before the loop, and takes that of an operand which is
 * read for the last time where an element of the result needs only the same element of it.
 */
final class Buffers implements Pass {

    @Override
    public void apply(Program program) {
        UnaryOperator<Value> memory = program.memory();
        Map<Value, Integer> last = lastReads(program, memory);
        Set<Value> kept = new HashSet<>();
        program.results.forEach(result -> kept.add(memory.apply(result)));
        Map<Value, Value> buffers = new HashMap<>();
        Set<Value> contiguous = new HashSet<>();
        List<Line> lines = new ArrayList<>();
        for (int i = 0; i < program.step.size(); i++) {
            Line line = program.step.get(i);
            List<String> names = OutArguments.of(line);
            boolean mayHaveOut =
                    !names.isEmpty()
                            && !program.isRecorded(line)
                            && line.results().stream().noneMatch(kept::contains)
                            && (!OutArguments.wantsContiguous(line)
                                    || contiguous.contains(line.operand(0)));
            if (!mayHaveOut) {
                if (line.operation().equals("reshape") && contiguous.contains(line.operand(0))) {
                    contiguous.add(line.result());
                }
                lines.add(line.replaceOperands(value -> buffers.getOrDefault(value, value)));
                continue;
            }
            List<Value> own = new ArrayList<>();
            for (Value result : line.results()) {
                Value buffer = null;
                if (OutArguments.isElementwise(line)) {
                    buffer = free(line, i, last, buffers, memory);
                }
                own.add(buffer == null ? newBuffer(result, program) : buffer);
                contiguous.add(result);
            }
            Line call = line.replaceOperands(value -> buffers.getOrDefault(value, value));
            List<Object> arguments = new ArrayList<>(call.arguments());
            for (int k = 0; k < names.size(); k++) {
                arguments.add(new Line.Keyword(names.get(k), own.get(k)));
                buffers.put(line.results().get(k), own.get(k));
            }
            lines.add(new Line(line.operation(), arguments, List.of(), line.source()));
        }
        program.step = lines;
    }

    private static Value newBuffer(Value like, Program program) {
        String name = "b" + program.before.size() + "_" + like.name;
        Value buffer = new Value(name, like.shape, like.type, Value.Origin.BUFFER);
        program.before.add(creation("empty", buffer));
        return buffer;
    }

    /** A line that creates an array: {@code torch.empty([2, 3], dtype=.., device=..)}. */
    static Line creation(String function, Value array, Object... arguments) {
        List<Object> all = new ArrayList<>(List.of(Literal.of(array.shape)));
        all.addAll(List.of(arguments));
        all.add(new Line.Keyword("dtype", Literal.of(array.type)));
        all.add(new Line.Keyword("device", "device"));
        return new Line(function, all, List.of(array), "");
    }

    /** The buffer of an operand of the same shape that nothing reads afterwards, or null. */
    private static @Nullable Value free(
            Line line,
            int place,
            Map<Value, Integer> last,
            Map<Value, Value> buffers,
            UnaryOperator<Value> memory) {
        for (Value operand : line.operands()) {
            Value buffer = buffers.get(operand);
            if (buffer != null
                    && last.getOrDefault(operand, place) <= place
                    && operand.shape.equals(line.result().shape)
                    && operand.type == line.result().type
                    && line.operands().stream()
                            .allMatch(
                                    other ->
                                            other == operand
                                                    || buffers.get(memory.apply(other))
                                                            != buffer)) {
                return buffer;
            }
        }
        return null;
    }

    /** The last line that reads a value or a view of it. */
    private static Map<Value, Integer> lastReads(Program program, UnaryOperator<Value> memory) {
        Map<Value, Integer> last = new HashMap<>();
        for (int i = 0; i < program.step.size(); i++) {
            Line line = program.step.get(i);
            // The engine's autograd reads what it has recorded once more.
            int place = program.isRecorded(line) ? Integer.MAX_VALUE : i;
            for (Value operand : line.operands()) {
                last.merge(memory.apply(operand), place, Math::max);
            }
        }
        return last;
    }
}
