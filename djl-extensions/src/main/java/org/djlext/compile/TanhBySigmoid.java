/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * tanh(x) = 2 sigmoid(2 x) - 1 in float32, because the engine's sigmoid takes a quarter of the time
 * of its tanh.
 *
 * <p>The result is off by up to 1.2e-7, the rounding of numbers near 1, which is nothing beside
 * them and much beside a small one. So this is done where the input comes from batch norm, whose
 * numbers are of order 1, and the result is read by sums of products and its own derivative alone:
 * there the engine's own rounding is as large.
 */
final class TanhBySigmoid implements Pass {

    private static final Set<String> READERS =
            Set.of("mm", "mv", "matmul", "linear", "addmm_", "addmv_", "tanh_backward");

    @Override
    public void apply(Program program) {
        UnaryOperator<Value> memory = program.memory();
        Map<Value, Line> producers = program.producers();
        program.rewrite(
                line ->
                        line.operation().equals("tanh")
                                        && line.result().type == DataType.FLOAT32
                                        && isNormalized(
                                                producers.get(memory.apply(line.operand(0))))
                                        && isSummed(line.result(), program, memory)
                                ? bySigmoid(line, program)
                                : List.of(line));
    }

    private static boolean isNormalized(@Nullable Line maker) {
        return maker != null && maker.operation().equals("native_batch_norm");
    }

    /** Tells whether all that reads a value, or a view of it, are sums of products. */
    private static boolean isSummed(Value value, Program program, UnaryOperator<Value> memory) {
        return program.results.stream().map(memory).noneMatch(value::equals)
                && program.step.stream()
                        .filter(
                                line ->
                                        line.operands().stream()
                                                .map(memory)
                                                .anyMatch(value::equals))
                        .allMatch(
                                line ->
                                        line.isView()
                                                || line.notesNorm()
                                                || READERS.contains(line.operation()));
    }

    private static List<Line> bySigmoid(Line line, Program program) {
        Value minusOne =
                program.create(
                        "minus_one",
                        new Shape(),
                        DataType.FLOAT32,
                        Value.Origin.CONSTANT,
                        "full",
                        "-1.0");
        Value x = line.operand(0);
        Value twice = line.result().like("twice_");
        Value sigmoid = line.result().like("sigmoid_");
        return List.of(
                new Line("add", List.of(x, x), List.of(twice), line.source()),
                new Line("sigmoid", List.of(twice), List.of(sigmoid), line.source()),
                line.with("add", minusOne, sigmoid, "alpha=2"));
    }
}
