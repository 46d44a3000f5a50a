/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A step as lines: what is done once before all steps of a call, and what each step does.
 *
 * <p>Passes change the two lists, and leave alone what the step is given and what it computes.
 */
final class Program {

    /**
     * A part of the batch that is made of another for all steps at once.
     *
     * @param value what each step has
     * @param of what it is made of
     * @param type its other type, or null if it has another shape
     */
    record BatchView(Value value, Value of, @Nullable String type) {}

    /** Data and labels, which differ from call to call. */
    final List<Value> inputs = new ArrayList<>();

    /** The parameters that an optimizer updates. */
    final List<Value> trained = new ArrayList<>();

    /** The other parameters. */
    final List<Value> others = new ArrayList<>();

    /** What is made of data and labels for all steps at once. */
    final List<BatchView> batch = new ArrayList<>();

    /** Lines before the first step of a call. */
    final List<Line> before = new ArrayList<>();

    /** Lines of each step. */
    List<Line> step;

    /** What each step is to compute, beside what it changes. A pass may replace one of them. */
    final List<Value> results;

    /** What is computed while the engine records for its autograd, and must stay as it is. */
    final Set<Value> recorded = new HashSet<>();

    /** Values that are given by the Java side and are the same in all steps, with their arrays. */
    final List<Value> captured = new ArrayList<>();

    final NDList capturedArrays = new NDList();

    /** Those arrays that are freed with the script. */
    final NDList owned = new NDList();

    /** Functions that lines call, in the language of scripts. */
    String functions = "";

    /** The engine's arrays of what is made of numbers and shapes alone. */
    final Map<Value, NDArray> constants = new LinkedHashMap<>();

    private final Map<String, Value> created = new HashMap<>();

    Program(List<Line> step, List<Value> results) {
        this.step = new ArrayList<>(step);
        this.results = new ArrayList<>(results);
    }

    /** Returns an array that is created before the first step, one for each name. */
    Value create(
            String name,
            Shape shape,
            DataType type,
            Value.Origin origin,
            String function,
            Object... arguments) {
        return created.computeIfAbsent(
                name,
                key -> {
                    Value array = new Value(name, shape, type, origin);
                    before.add(Line.creation(function, array, arguments));
                    return array;
                });
    }

    /**
     * Gives the script an array that it owns, as large as it has to be and in memory of its own.
     */
    void addConstant(Value value, NDArray array) {
        NDArray copy = array.duplicate();
        copy.detach();
        captured.add(value);
        capturedArrays.add(copy);
        owned.add(copy);
    }

    /**
     * Returns the values that are read once in a step, its results among the reads. The norm that
     * is noted in the last step is none.
     */
    Set<Value> readOnce() {
        Map<Value, Integer> reads = new HashMap<>();
        results.forEach(result -> reads.merge(result, 1, Integer::sum));
        for (Line line : step) {
            if (!line.notesNorm()) {
                line.operands().forEach(operand -> reads.merge(operand, 1, Integer::sum));
            }
        }
        reads.values().removeIf(count -> count > 1);
        return reads.keySet();
    }

    /** Returns the line that computes each value of a step. */
    Map<Value, Line> producers() {
        Map<Value, Line> producers = new HashMap<>();
        for (Line line : step) {
            line.results().forEach(result -> producers.put(result, line));
        }
        return producers;
    }

    /** Returns what tells in whose memory a value lies. */
    UnaryOperator<Value> memory() {
        return Line.owners(step);
    }

    /** Returns all values that a line of a step changes in place. */
    Set<Value> written() {
        Set<Value> written = new HashSet<>();
        step.forEach(line -> written.addAll(line.written()));
        return written;
    }

    /** Tells whether the engine records a line for its autograd. */
    boolean isRecorded(Line line) {
        return line.operation().equals("grad")
                || line.operation().equals("leaf")
                || line.results().stream().anyMatch(recorded::contains)
                || line.operands().stream().anyMatch(recorded::contains);
    }

    /** Puts other lines in the place of each line that the engine does not record. */
    void rewrite(Function<Line, List<Line>> rewriting) {
        rewrite((line, same) -> isRecorded(line) ? List.of(line) : rewriting.apply(line));
    }

    /**
     * Puts other lines in the place of each.
     *
     * @param rewriting takes a line, and a map to which it adds the values that all later lines
     *     read in the place of others
     */
    void rewrite(BiFunction<Line, Map<Value, Value>, List<Line>> rewriting) {
        Map<Value, Value> same = new HashMap<>();
        List<Line> lines = new ArrayList<>();
        for (Line line : step) {
            Line now = line.replaceOperands(value -> same.getOrDefault(value, value));
            lines.addAll(rewriting.apply(now, same));
        }
        step = lines;
        results.replaceAll(value -> same.getOrDefault(value, value));
    }
}
