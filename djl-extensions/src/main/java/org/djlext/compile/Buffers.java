/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Gives results memory that was allocated before the loop, and takes that of an operand which is
 * read for the last time where an element of the result needs only the same element of it.
 */
final class Buffers implements Pass {

    // An element of the result is made of the same element of the operands alone.
    private static final Set<String> ELEMENTWISE =
            Set.of(
                    "add",
                    "sub",
                    "mul",
                    "div",
                    "exp",
                    "log",
                    "sqrt",
                    "square",
                    "tanh",
                    "sigmoid",
                    "neg",
                    "reciprocal");
    private static final Set<String> OTHERS =
            Set.of(
                    "addmm",
                    "matmul",
                    "index_select",
                    "gather",
                    "mean",
                    "log_softmax",
                    "softmax",
                    "_log_softmax_backward_data",
                    "_softmax_backward_data",
                    "scatter_add");
    // Kernels of the engine's autograd that call the result by another name.
    private static final Set<String> BACKWARD =
            Set.of("tanh_backward", "sigmoid_backward", "threshold_backward", "gelu_backward");

    @Override
    public void apply(Program program) {
        Map<Value, Value> memory = memory(program);
        Map<Value, Integer> last = lastReads(program, memory);
        Set<Value> kept = new HashSet<>();
        program.results.forEach(result -> kept.add(memory.getOrDefault(result, result)));
        Map<Value, Value> buffers = new HashMap<>();
        List<Line> lines = new ArrayList<>();
        for (int i = 0; i < program.step.size(); i++) {
            Line line = program.step.get(i);
            boolean mayHaveOut =
                    hasOut(line)
                            && line.isPure()
                            && !program.isRecorded(line)
                            && !kept.contains(line.result())
                            && isOfOneType(line);
            if (!mayHaveOut) {
                lines.add(line);
                continue;
            }
            Value result = line.result();
            Value buffer = null;
            if (ELEMENTWISE.contains(line.operation())) {
                buffer = free(line, i, last, buffers, memory);
            }
            if (buffer == null) {
                buffer =
                        new Value(
                                "b" + program.before.size() + "_" + result.name,
                                result.shape,
                                result.type,
                                Value.Origin.RESULT,
                                false);
                program.before.add(allocation(buffer));
            }
            buffers.put(result, buffer);
            List<Object> arguments = new ArrayList<>(line.arguments());
            String keyword =
                    line.operation().equals("_softmax_backward_data")
                                    || BACKWARD.contains(line.operation())
                            ? "grad_input"
                            : "out";
            arguments.add(new Line.Keyword(keyword, buffer));
            lines.add(new Line(line.operation(), arguments, List.of(result), line.source()));
        }
        program.step = lines;
    }

    /** Tells whether the result has the type of the operands, indices apart. */
    private static boolean isOfOneType(Line line) {
        boolean mayHaveIndices = !ELEMENTWISE.contains(line.operation());
        return line.operands().stream()
                .allMatch(
                        operand ->
                                operand.type == line.result().type
                                        || (mayHaveIndices && operand.type == DataType.INT64));
    }

    // Sums over all axes and of lists have no form with out.
    private static boolean hasOut(Line line) {
        String operation = line.operation();
        boolean isAlong = line.arguments().size() > 1;
        return ELEMENTWISE.contains(operation)
                || BACKWARD.contains(operation)
                || ((OTHERS.contains(operation) || operation.equals("sum")) && isAlong);
    }

    private static Line allocation(Value buffer) {
        return new Line(
                "empty",
                List.of(
                        Literal.of(buffer.shape),
                        new Line.Keyword("dtype", Literal.of(buffer.type)),
                        new Line.Keyword("device", "device")),
                List.of(buffer),
                "");
    }

    /** The buffer of an operand of the same shape that nothing reads afterwards, or null. */
    private static @Nullable Value free(
            Line line,
            int place,
            Map<Value, Integer> last,
            Map<Value, Value> buffers,
            Map<Value, Value> memory) {
        for (Value operand : line.operands()) {
            Value buffer = buffers.get(operand);
            if (buffer != null
                    && last.getOrDefault(operand, place) <= place
                    && operand.shape.equals(line.result().shape)
                    && line.operands().stream()
                            .allMatch(
                                    other ->
                                            other == operand
                                                    || buffers.get(
                                                                    memory.getOrDefault(
                                                                            other, other))
                                                            != buffer)) {
                return buffer;
            }
        }
        return null;
    }

    /** Whose memory a value lies in. */
    private static Map<Value, Value> memory(Program program) {
        Map<Value, Value> memory = new HashMap<>();
        for (Line line : program.step) {
            if (line.isView()) {
                Value viewed = line.operand(0);
                memory.put(line.result(), memory.getOrDefault(viewed, viewed));
            }
        }
        return memory;
    }

    /** The last line that reads a value or a view of it. */
    private static Map<Value, Integer> lastReads(Program program, Map<Value, Value> memory) {
        Map<Value, Integer> last = new HashMap<>();
        for (int i = 0; i < program.step.size(); i++) {
            Line line = program.step.get(i);
            // The engine's autograd reads what it has recorded once more.
            int place = program.isRecorded(line) ? Integer.MAX_VALUE : i;
            for (Value operand : line.operands()) {
                last.merge(memory.getOrDefault(operand, operand), place, Math::max);
            }
        }
        return last;
    }
}
