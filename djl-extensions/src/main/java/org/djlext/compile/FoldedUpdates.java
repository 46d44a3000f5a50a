/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Plain gradient descent does the last operation of a gradient on the parameter itself: a product
 * is added to it, rows are added to those of a table, a factor goes into the rate. So such a
 * gradient is never stored.
 */
final class FoldedUpdates implements Pass {

    private static final String RATE = "alpha=-lr";

    @Override
    public void apply(Program program) {
        Set<Value> readOnce = program.readOnce();
        Map<Value, Line> producers = program.producers();
        UnaryOperator<Value> memory = program.memory();
        Set<Value> written = program.written();
        Map<Value, Line> gone = new HashMap<>();
        List<Line> lines = new ArrayList<>();
        for (Line line : program.step) {
            if (!isDescent(line)) {
                lines.add(line);
                continue;
            }
            Line.Group weights = (Line.Group) line.arguments().get(0);
            List<?> gradients = (List<?>) line.arguments().get(1);
            for (int i = 0; i < gradients.size(); i++) {
                Value weight = weights.values().get(i);
                Value gradient = (Value) gradients.get(i);
                Line last = producers.get(gradient);
                boolean isOwn =
                        last != null
                                && !program.isRecorded(last)
                                && readOnce.contains(gradient)
                                && weight.shape.equals(gradient.shape)
                                && mayMove(last, weight, memory, written);
                List<Line> folded =
                        isOwn && last != null ? folded(line, weight, last, program) : null;
                if (folded == null) {
                    lines.add(line.with("add_", weight, gradient, RATE));
                } else {
                    gone.put(gradient, last);
                    lines.addAll(folded);
                }
            }
        }
        lines.removeAll(gone.values());
        // What is noted of the gradients computes them for itself.
        lines.replaceAll(line -> line.notesNorm() ? line.inline(gone) : line);
        program.step = lines;
    }

    /** Tells whether a line computes the same after the update of other parameters. */
    private static boolean mayMove(
            Line last, Value weight, UnaryOperator<Value> memory, Set<Value> written) {
        // A number times the weight itself is another element of it at a time.
        boolean isOfItself = last.operation().equals("mul") && last.operand(0) == weight;
        return last.operands().stream()
                .skip(isOfItself ? 1 : 0)
                .map(memory)
                .noneMatch(written::contains);
    }

    private static boolean isDescent(Line line) {
        return line.operation().equals("_foreach_add_")
                && line.arguments().size() == 3
                && line.arguments().get(1) instanceof List
                && line.arguments().get(2).equals(RATE);
    }

    /** Returns what does the last operation of a gradient on the parameter, or null. */
    private static @Nullable List<Line> folded(
            Line update, Value weight, Line last, Program program) {
        List<Object> arguments = last.arguments();
        return switch (last.operation()) {
            case "mv", "mm" -> {
                String product = "add" + last.operation() + "_";
                yield List.of(
                        update.with(product, weight, arguments.get(0), arguments.get(1), RATE));
            }
            case "mul" ->
                    arguments.get(1) instanceof String factor
                            ? List.of(
                                    update.with(
                                            "add_",
                                            weight,
                                            arguments.get(0),
                                            RATE + " * " + factor))
                            : null;
            case "embedding_dense_backward" -> rows(update, weight, last, program);
            default -> null;
        };
    }

    // dy of shape (n, D), places of shape (n)
    private static @Nullable List<Line> rows(
            Line update, Value weight, Line last, Program program) {
        Value dy = last.operand(0);
        Value places = last.operand(1);
        if (places.shape.dimension() != 1 || dy.shape.dimension() != 2) {
            return null;
        }
        Value scaled = dy.like("r_");
        Line put = update.with("index_put_", weight, List.of(places), scaled, "True");
        if (!NumbersAsArrays.isExact(dy.type)) {
            return List.of(
                    new Line("mul", List.of(dy, "-lr"), List.of(scaled), last.source()), put);
        }
        Value rate =
                program.create(
                        "rate_" + dy.name, new Shape(), dy.type, Value.Origin.BUFFER, "empty");
        return List.of(
                update.with("fill_", rate, "-lr"),
                new Line("mul", List.of(dy, rate), List.of(scaled), last.source()),
                put);
    }
}
