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
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Gives results memory that was allocated before the loop, and takes that of an operand which is
 * read for the last time where an element of the result needs only the same element of it.
 */
final class Buffers implements Pass {

    // An element of the result is made of the same element of the operands alone.
    private static final Set<String> ELEMENTWISE =
            Line.names(
                    "add sub mul div exp log sqrt square pow tanh sigmoid neg reciprocal clamp_min"
                            + " tanh_backward sigmoid_backward threshold_backward gelu_backward");
    // What the engine's functions call the arrays that they may write their results to.
    private static final Set<String> OUT =
            Line.names(
                    "matmul mm mv bmm addmm index_select gather scatter_add sum mean cat _softmax"
                            + " _log_softmax _log_softmax_backward_data");
    private static final Set<String> GRAD_INPUT =
            Line.names(
                    "tanh_backward sigmoid_backward threshold_backward gelu_backward"
                            + " _softmax_backward_data nll_loss_backward");
    private static final String SUM = "addmm";
    private static final String BATCH_NORM = "native_batch_norm";

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
            List<String> names = outNames(line);
            boolean mayHaveOut =
                    !names.isEmpty()
                            && !program.isRecorded(line)
                            && line.results().stream().noneMatch(kept::contains)
                            // The engine's would write wrong numbers.
                            && (!line.operation().equals(BATCH_NORM)
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
                if (isElementwise(line) || line.operation().equals(SUM)) {
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
        return program.create(name, like.shape, like.type, Value.Origin.BUFFER, "empty");
    }

    /** The buffer of an operand of the same shape that nothing reads afterwards, or null. */
    private static @Nullable Value free(
            Line line,
            int place,
            Map<Value, Integer> last,
            Map<Value, Value> buffers,
            UnaryOperator<Value> memory) {
        // A product is added to its first operand, if that is none of its factors.
        boolean isSum = line.operation().equals(SUM);
        for (Value operand :
                line.operands().stream().limit(isSum ? 1 : Integer.MAX_VALUE).toList()) {
            Value buffer = buffers.get(operand);
            if (buffer != null
                    && !(isSum && line.operands().lastIndexOf(operand) > 0)
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

    /** Returns the names of what a line may write its results to, none if it has to allocate. */
    private static List<String> outNames(Line line) {
        // Sums over all axes have no form with out, and products with vectors give it another
        // shape.
        boolean allocates =
                switch (line.operation()) {
                    case "sum", "mean" -> line.arguments().size() < 2;
                    case "matmul" ->
                            line.operands().stream().anyMatch(each -> each.shape.dimension() < 2);
                    default -> false;
                };
        if (allocates || !isOfOneType(line)) {
            return List.of();
        }
        if (line.operation().equals(BATCH_NORM)) {
            return List.of("out", "save_mean", "save_invstd");
        }
        if (GRAD_INPUT.contains(line.operation())) {
            return List.of("grad_input");
        }
        boolean isPlain = isElementwise(line) || OUT.contains(line.operation());
        return isPlain ? List.of("out") : List.of();
    }

    private static boolean isElementwise(Line line) {
        return ELEMENTWISE.contains(line.operation());
    }

    /** Tells whether the results have the type of the operands, indices apart. */
    private static boolean isOfOneType(Line line) {
        if (line.results().isEmpty()) {
            return false;
        }
        DataType type = line.results().get(0).type;
        return line.operands().stream()
                .allMatch(
                        operand ->
                                operand.type == type
                                        || (!isElementwise(line)
                                                && operand.type == DataType.INT64));
    }
}
