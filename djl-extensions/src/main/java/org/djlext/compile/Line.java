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
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.djlext.torch.TorchScript;

/**
 * A line of the script: {@code t3 = torch.matmul(x0, p1)}.
 *
 * <p>An argument is a {@link Value}, a Line that computes one in its place, a list of those, a
 * {@link Group}, a {@link Keyword}, or a String that is written as it is.
 *
 * @param operation the name of a function of libtorch
 * @param arguments its arguments
 * @param results what it computes, in order; empty for a call that only changes an argument
 * @param source the place in Java that it comes from: "Linear.java:129"
 */
record Line(String operation, List<Object> arguments, List<Value> results, String source) {

    /** An argument with its name: {@code out=t3}. */
    record Keyword(String name, Object value) {}

    /** A list of arrays that the script is given as such, for a call that changes them. */
    record Group(String name, List<Value> values) {

        /** Returns the groups as a function declares them. */
        static List<String> signature(List<Group> groups) {
            return groups.stream().map(group -> group.name + ": List[Tensor]").toList();
        }

        /** Returns the groups that lines have, each once. */
        static List<Group> of(List<Line> lines) {
            return lines.stream()
                    .flatMap(line -> line.arguments.stream())
                    .filter(Group.class::isInstance)
                    .map(Group.class::cast)
                    .distinct()
                    .toList();
        }
    }

    /** The variable of the script that a norm is noted in. */
    static final String NORM = "norm";

    /** The first operand, or zeros like the second where the engine has found no gradient. */
    static final String OR_ZEROS = "or_zeros";

    /** Puts a value on the list of the batch, and takes it off again. */
    static final String HOLD = "batch.append";

    static final String RELEASE = "batch.pop";

    /** What the names of functions begin with that come from a user's script. */
    static final String SCRIPT = "script";

    private static final String NOTE_NORM = "note_norm";
    private static final String OPTIONALS = "annotate";

    private static final Set<String> RANDOM =
            names("uniform normal_functional randint randperm bernoulli multinomial");
    // Random if they drop, which stands in an argument.
    private static final Set<String> DROPPING = names("dropout lstm gru rnn_tanh rnn_relu");
    private static final Set<String> VIEWS =
            names(
                    "reshape view permute transpose t unsqueeze squeeze expand select slice"
                            + " split_with_sizes detach alias leaf diagonal");
    private static final Set<String> OUT = Set.of("out", "grad_input");

    /** Returns names of functions that stand in a text. */
    static Set<String> names(String names) {
        return Set.of(names.split(" ", -1));
    }

    /** Notes the norm of gradients in the last step of a call, and does nothing in the others. */
    static Line noteNorm(List<Value> gradients) {
        Value norm = new Value(NORM, new Shape(), DataType.FLOAT64, Value.Origin.RESULT);
        return new Line(NOTE_NORM, List.of(gradients), List.of(norm), "");
    }

    /** Returns values as a list that could have None in it. */
    static Line optionals(List<Value> values) {
        return new Line(OPTIONALS, List.of("List[Optional[Tensor]]", values), List.of(), "");
    }

    /** A line that creates an array: {@code torch.empty([2, 3], dtype=.., device=..)}. */
    static Line creation(String function, Value array, Object... arguments) {
        List<Object> all = new ArrayList<>(List.of(Literal.of(array.shape)));
        all.addAll(List.of(arguments));
        all.addAll(placement(array.type));
        return new Line(function, all, List.of(array), "");
    }

    /** The arguments that say what an array is created as. */
    static List<String> placement(DataType type) {
        return List.of("dtype=" + Literal.of(type), "device=device");
    }

    boolean notesNorm() {
        return operation.equals(NOTE_NORM);
    }

    /** Returns what tells in whose memory a value of some lines lies. */
    static UnaryOperator<Value> owners(List<Line> lines) {
        Map<Value, Value> owners = new HashMap<>();
        for (Line line : lines) {
            if (line.isView()) {
                Value viewed = line.operand(0);
                Value owner = owners.getOrDefault(viewed, viewed);
                line.results.forEach(view -> owners.put(view, owner));
            }
        }
        return value -> owners.getOrDefault(value, value);
    }

    /** Returns all values that the line reads or changes, also those in lists. */
    List<Value> operands() {
        List<Value> operands = new ArrayList<>();
        arguments.forEach(argument -> collect(argument, operands));
        return operands;
    }

    private static void collect(Object argument, List<Value> into) {
        if (argument instanceof Value value) {
            into.add(value);
        } else if (argument instanceof Line line) {
            into.addAll(line.operands());
        } else if (argument instanceof List<?> list) {
            list.forEach(element -> collect(element, into));
        } else if (argument instanceof Keyword keyword) {
            collect(keyword.value, into);
        } else if (argument instanceof Group group) {
            into.addAll(group.values);
        }
    }

    /** Returns the line with other operands. */
    Line replaceOperands(UnaryOperator<Value> replacement) {
        return new Line(
                operation,
                arguments.stream().map(argument -> replace(argument, replacement)).toList(),
                results,
                source);
    }

    /** Returns the line with lines in the place of what they compute, in its lists. */
    Line inline(Map<Value, Line> producers) {
        List<Object> inlined = new ArrayList<>();
        for (Object argument : arguments) {
            inlined.add(
                    argument instanceof List<?> list
                            ? list.stream()
                                    .map(v -> producers.containsKey(v) ? producers.get(v) : v)
                                    .toList()
                            : argument);
        }
        return new Line(operation, inlined, results, source);
    }

    private static Object replace(Object argument, UnaryOperator<Value> replacement) {
        if (argument instanceof Value value) {
            return replacement.apply(value);
        }
        if (argument instanceof Line line) {
            return line.replaceOperands(replacement);
        }
        if (argument instanceof List<?> list) {
            return list.stream().map(element -> replace(element, replacement)).toList();
        }
        if (argument instanceof Keyword keyword) {
            return new Keyword(keyword.name, replace(keyword.value, replacement));
        }
        return argument;
    }

    /** Returns the line with another call, for the same results. */
    Line with(String otherOperation, Object... otherArguments) {
        return new Line(otherOperation, Arrays.asList(otherArguments), results, source);
    }

    /** Notes that the results are read from another line, which computes the same. */
    void readFrom(Line other, Map<Value, Value> same) {
        for (int i = 0; i < results.size(); i++) {
            same.put(results.get(i), other.results.get(i));
        }
    }

    /** Returns the only result. */
    Value result() {
        if (results.size() != 1) {
            throw new IllegalStateException(this + " must have one result");
        }
        return results.get(0);
    }

    /** Returns an argument that is an array. */
    Value operand(int index) {
        return (Value) arguments.get(index);
    }

    /** Tells whether the line draws from the random generator. */
    boolean isRandom() {
        return RANDOM.contains(operation)
                || (DROPPING.contains(operation) && arguments.contains("True"));
    }

    /**
     * Tells whether there are arguments with their names, which are not what a call usually has.
     */
    boolean hasNamedArguments() {
        return arguments.stream().anyMatch(a -> a instanceof String text && text.contains("="));
    }

    /** Tells whether the results share the memory of the first operand. */
    boolean isView() {
        return VIEWS.contains(operation);
    }

    /** Returns the operands that the line changes in place. */
    List<Value> written() {
        List<Value> written = new ArrayList<>();
        if (operation.equals("native_batch_norm")) {
            if (arguments.get(5).equals("True")) {
                collect(arguments.subList(3, 5), written); // the running statistics
            }
            return written;
        }
        if (operation.endsWith("_") && !isOfScript()) {
            collect(arguments.get(0), written);
            // Those of an update change what is kept for parameters too.
            arguments.stream().filter(Group.class::isInstance).forEach(g -> collect(g, written));
        }
        for (Object argument : arguments) {
            if (argument instanceof Keyword keyword && OUT.contains(keyword.name)) {
                collect(keyword.value, written);
            }
        }
        return written;
    }

    /** Tells whether the line may be left out if nobody reads its results, or moved. */
    boolean isPure() {
        return written().isEmpty()
                && !isRandom()
                && !isCopy()
                && !isCollective()
                && !notesNorm()
                && !isOfScript()
                && !isOfBatch();
    }

    /** Tells whether the result is memory of its own, for another line to change. */
    boolean isCopy() {
        return operation.equals("clone");
    }

    /** Tells whether a user's script is called, whose results may be in memory of operands. */
    boolean isOfScript() {
        return operation.startsWith(SCRIPT);
    }

    private boolean isOfBatch() {
        return operation.equals(HOLD) || operation.equals(RELEASE);
    }

    /** Tells whether the line waits for other ranks, which do the same in the same order. */
    boolean isCollective() {
        return operation.startsWith(TorchScript.COLLECTIVES);
    }

    /** Returns the call: "torch.matmul(x0, p1)". */
    String call() {
        if (operation.equals("leaf")) {
            return "torch.requires_grad_(torch.detach(" + text(arguments.get(0)) + "))";
        }
        if (operation.equals(OR_ZEROS)) {
            String gradient = text(arguments.get(0));
            return "torch.zeros_like(%s) if %s is None else %s"
                    .formatted(text(arguments.get(1)), gradient, gradient);
        }
        if (notesNorm()) {
            String norm = "float(global_norm(" + text(arguments.get(0)) + "))";
            return norm + " if i == count - 1 else " + NORM;
        }
        StringBuilder text =
                new StringBuilder(
                        isOfBatch() || isOfScript() || operation.equals(OPTIONALS)
                                ? operation
                                : TorchScript.path(operation));
        text.append('(');
        for (int i = 0; i < arguments.size(); i++) {
            text.append(i == 0 ? "" : ", ").append(text(arguments.get(i)));
        }
        return text.append(')').toString();
    }

    private static String text(Object argument) {
        if (argument instanceof Keyword keyword) {
            return keyword.name + "=" + text(keyword.value);
        }
        if (argument instanceof Line line) {
            return line.call();
        }
        if (argument instanceof List<?> list) {
            return list.stream().map(Line::text).collect(Collectors.joining(", ", "[", "]"));
        }
        return argument instanceof Group group ? group.name : argument.toString();
    }

    /** Returns the line as the script has it, without its source. */
    @Override
    public String toString() {
        if (results.isEmpty()) {
            return call();
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < results.size(); i++) {
            text.append(i == 0 ? "" : ", ").append(results.get(i));
        }
        // A list of one is taken apart by a comma at the end.
        boolean isList =
                operation.equals("grad")
                        || operation.equals("split_with_sizes")
                        || operation.startsWith("_foreach_");
        return text.append(isList ? ", = " : " = ").append(call()).toString();
    }
}
