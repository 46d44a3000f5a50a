/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.djlext.distributed.ProcessGroup;

/** Writes clipping and the update of the parameters. */
final class UpdateLines {

    private static final String WEIGHTS = "weights";
    private static final String GRADIENTS = "gradients";

    private static final Set<String> DENSE =
            Line.names(
                    "matmul mm mv embedding_dense_backward native_batch_norm_backward"
                            + " native_layer_norm_backward");

    private final List<Line> lines = new ArrayList<>();
    private int values;

    /** Returns what was written. */
    List<Line> lines() {
        return lines;
    }

    private Value call(Shape shape, DataType type, String operation, Object... arguments) {
        Value result = value(shape, type);
        lines.add(new Line(operation, List.of(arguments), List.of(result), ""));
        return result;
    }

    private Value value(Shape shape, DataType type) {
        return new Value("u" + values++, shape, type, Value.Origin.RESULT);
    }

    private List<Value> likes(List<Value> like) {
        return like.stream().map(each -> value(each.shape, each.type)).toList();
    }

    /**
     * Makes sure that gradients are laid out as their parameters, row by row: fused optimizers take
     * both for memory of the same order. None is in the memory of a parameter, which changes first.
     */
    List<Value> dense(List<Value> gradients, Program program) {
        Map<Value, Line> makers = program.producers();
        UnaryOperator<Value> memory = program.memory();
        List<Value> dense = new ArrayList<>();
        for (Value gradient : gradients) {
            Line maker = makers.get(gradient);
            boolean isDense =
                    maker != null
                            && ((DENSE.contains(maker.operation())
                                            && gradient.shape.dimension() <= 2)
                                    || (gradient.shape.dimension() <= 1 && !maker.isView()));
            boolean isParameter = memory.apply(gradient).origin == Value.Origin.PARAMETER;
            dense.add(
                    isDense
                            ? gradient
                            : call(
                                    gradient.shape,
                                    gradient.type,
                                    isParameter ? "clone" : "contiguous",
                                    gradient));
        }
        return dense;
    }

    /**
     * Reduces gradients and loss over the ranks of a group, each weighted by its labels, in one
     * message.
     *
     * @param gradients the gradients of this rank, of one type
     * @param loss its loss
     * @param labels how many labels it has: a number, or a value
     * @param group the ranks
     * @return the gradients, and the loss after them
     */
    List<Value> reduce(List<Value> gradients, Value loss, Object labels, ProcessGroup group) {
        DataType type = gradients.get(0).type;
        List<Value> parts = new ArrayList<>();
        for (Value gradient : gradients) {
            parts.add(flat(gradient, type));
        }
        parts.add(flat(loss, type));
        Value one = value(new Shape(1), type);
        lines.add(Line.creation("ones", one));
        parts.add(one);
        Shape all = new Shape(parts.stream().mapToLong(part -> part.shape.size()).sum());
        Value weighted = call(all, type, "mul", call(all, type, "cat", parts, "0"), labels);
        if (labels instanceof Value count) {
            // The mean over no labels is NaN.
            Value isAny = call(count.shape, DataType.BOOLEAN, "gt", count, "0");
            weighted = call(all, type, "where", isAny, weighted, "0.0");
        }
        Value sums =
                group.sum()
                        .of(
                                weighted,
                                all.size(),
                                (function, arguments) -> call(all, type, function, arguments));
        Value count =
                call(new Shape(1), type, "slice", sums, "0", Long.toString(all.size() - 1), "None");
        List<Value> means = likes(parts);
        List<Long> sizes = parts.stream().map(part -> part.shape.size()).toList();
        Value whole = call(all, type, "div", sums, count);
        lines.add(new Line("split_with_sizes", List.of(whole, sizes.toString(), "0"), means, ""));
        List<Value> reduced = new ArrayList<>();
        for (int i = 0; i < gradients.size(); i++) {
            Shape shape = gradients.get(i).shape;
            reduced.add(call(shape, type, "reshape", means.get(i), Literal.of(shape)));
        }
        reduced.add(means.get(gradients.size()));
        return reduced;
    }

    private Value flat(Value value, DataType type) {
        if (value.type != type) {
            throw new CompileException(
                    ("cannot reduce over ranks: the loss and all trained"
                                    + " parameters must be of one type, but there are %s and %s")
                            .formatted(type, value.type));
        }
        return call(new Shape(value.shape.size()), type, "reshape", value, "[-1]");
    }

    /** Counts the labels that are not a certain one. */
    Value count(Value labels, long ignored, DataType type) {
        Value counted = call(labels.shape, DataType.BOOLEAN, "ne", labels, Long.toString(ignored));
        return call(new Shape(), type, "sum", counted, "dtype=" + Literal.of(type));
    }

    /**
     * Scales gradients so that the norm of all together is not above a maximum, as PyTorch does.
     */
    List<Value> clipNorm(List<Value> gradients, double maxNorm) {
        // In float64, where the square of any number of float32 is one.
        DataType wide = DataType.FLOAT64;
        List<Value> norms = new ArrayList<>();
        for (Value gradient : gradients) {
            norms.add(call(new Shape(), wide, "norm", gradient, "2", "dtype=torch.float64"));
        }
        Value all = call(new Shape(norms.size()), wide, "stack", norms);
        Value norm = call(new Shape(), wide, "add", call(new Shape(), wide, "norm", all), "1e-6");
        Value inverse = call(norm.shape, wide, "reciprocal", norm);
        Value over = call(norm.shape, wide, "mul", inverse, Double.toString(maxNorm));
        Value factor = call(norm.shape, wide, "clamp", over, "None", "1.0");
        List<Value> clipped = new ArrayList<>();
        for (Value gradient : gradients) {
            clipped.add(call(gradient.shape, gradient.type, "mul", gradient, factor));
        }
        return clipped;
    }

    /** Writes the update of all parameters, with what is kept for them parameter by parameter. */
    void update(
            StepUpdate update, List<Value> parameters, List<Value> gradients, List<Value> states) {
        Map<List<String>, List<Integer>> groups = new LinkedHashMap<>();
        for (int i = 0; i < parameters.size(); i++) {
            groups.computeIfAbsent(update.lines(i), lines -> new ArrayList<>()).add(i);
        }
        List<String> names = update.stateNames();
        int number = 0;
        for (Map.Entry<List<String>, List<Integer>> group : groups.entrySet()) {
            Map<String, Object> lists = new HashMap<>();
            List<Integer> members = group.getValue();
            lists.put(WEIGHTS, group(WEIGHTS + number, members, parameters, 1, 0));
            lists.put(GRADIENTS, members.stream().map(gradients::get).toList());
            for (int k = 0; k < names.size(); k++) {
                String name = names.get(k) + number;
                lists.put(names.get(k), group(name, members, states, names.size(), k));
            }
            String late = "[torch.full([], 1e9, device=%s[0].device)] * %s";
            lists.put(DjlUpdate.LATE, late.formatted(WEIGHTS + number, members.size()));
            group.getKey().forEach(line -> add(line, lists));
            number++;
        }
    }

    private static Line.Group group(
            String name, List<Integer> members, List<Value> values, int each, int place) {
        return new Line.Group(
                name, members.stream().map(member -> values.get(member * each + place)).toList());
    }

    /** Adds a line: {@code [name = ]function(argument, ..)}. */
    private void add(String text, Map<String, Object> lists) {
        int equals = text.indexOf(" = ");
        int open = text.indexOf('(');
        boolean isNewList = equals >= 0 && equals < open;
        String operation = text.substring(isNewList ? equals + 3 : 0, open);
        List<Object> arguments =
                Arrays.stream(text.substring(open + 1, text.length() - 1).split(", "))
                        .map(argument -> lists.getOrDefault(argument, argument))
                        .toList();
        List<Value> results = List.of();
        if (isNewList) {
            Object first = arguments.get(0);
            results = likes(first instanceof Line.Group own ? own.values() : values(first));
            lists.put(text.substring(0, equals), results);
        }
        lines.add(new Line(operation, arguments, results, ""));
    }

    @SuppressWarnings("unchecked") // lists of gradients, and of what was computed of them
    private static List<Value> values(Object list) {
        return (List<Value>) list;
    }
}
