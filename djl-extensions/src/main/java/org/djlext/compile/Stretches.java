/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Lines that nothing has a rule for, which the engine's autograd differentiates in the script: the
 * inputs of a stretch of them become leaves, what it computes is known by other names inside, and
 * {@code torch.grad} follows. All other lines read what is cut off from the engine's graph.
 */
final class Stretches {

    private final Tape tape;
    private final List<Line> forward;
    // What stands in the script for a line of the tape.
    private final IdentityHashMap<Line, List<Line>> rewritten = new IdentityHashMap<>();
    private final Set<Value> recorded = new HashSet<>();

    Stretches(Tape tape, List<Line> forward) {
        this.tape = tape;
        this.forward = forward;
    }

    /** Notes the gradient of the lines from first to before end. */
    void differentiate(int first, int end, Differentiation gradients) {
        List<Value> outputs =
                forward.subList(first, end).stream()
                        .flatMap(line -> line.results().stream())
                        .filter(gradients::has)
                        .toList();
        if (outputs.isEmpty()) {
            return;
        }
        List<Value> upstream = new ArrayList<>();
        for (Value output : outputs) {
            NDArray dy = Objects.requireNonNull(gradients.take(output));
            upstream.add(TracedArray.required(dy, "a gradient").read());
        }
        // The lines that the outputs come from, and what these take from before.
        List<Line> lines = new ArrayList<>();
        Set<Value> inputs = new LinkedHashSet<>(outputs);
        Map<Value, Value> inside = new HashMap<>();
        for (int i = end - 1; i >= first; i--) {
            Line line = forward.get(i);
            if (line.results().stream().anyMatch(inputs::contains)) {
                checkTwice(line);
                lines.add(line);
                line.results().forEach(result -> inside.put(result, result.like("r_")));
                inputs.removeAll(line.results());
                line.operands().stream().filter(o -> o.differentiable).forEach(inputs::add);
            }
        }
        recorded.addAll(inside.values());
        // A value may be a leaf of several stretches.
        inputs.forEach(input -> inside.put(input, input.like("l" + first + "_")));
        lines.forEach(line -> rewritten.put(line, recorded(line, inside)));
        List<Line> start = new ArrayList<>();
        inputs.forEach(input -> start.add(unary("leaf", input, inside(input, inside))));
        start.addAll(rewritten(forward.get(first)));
        rewritten.put(forward.get(first), start);
        tape.at(
                "gradient of " + lines.size() + " lines",
                () -> addGradients(outputs, upstream, inputs, inside, gradients));
    }

    private void addGradients(
            List<Value> outputs,
            List<Value> upstream,
            Set<Value> inputs,
            Map<Value, Value> inside,
            Differentiation gradients) {
        NDList zeros = new NDList();
        inputs.forEach(input -> zeros.add(tape.scratch().zeros(input.shape, input.type)));
        Iterator<NDArray> answers =
                tape.recordShapes(
                                "grad",
                                zeros,
                                outputs.stream().map(inside::get).toList(),
                                inputs.stream().map(inside::get).toList(),
                                Line.optionals(upstream),
                                null,
                                false,
                                true)
                        .iterator();
        for (Value input : inputs) {
            NDArray answer = answers.next();
            NDList shape = new NDList(Shapes.realOf(answer));
            gradients.add(input, tape.recordShapes(Line.OR_ZEROS, shape, answer, input).head());
        }
    }

    /** The engine does not say before the script runs that it cannot differentiate a backward. */
    private static void checkTwice(Line line) {
        if (line.operation().equals(Networks.ATTENTION + "_backward")) {
            throw CompileException.at(
                    line.source(),
                    "the engine has no second derivative of its attention; compute it by"
                            + " matMul and softmax");
        }
    }

    /** Returns a line inside of a stretch, and what cuts its results off for those outside. */
    private static List<Line> recorded(Line line, Map<Value, Value> inside) {
        List<Value> results =
                line.results().stream().map(result -> inside(result, inside)).toList();
        List<Line> lines = new ArrayList<>();
        lines.add(
                new Line(
                        line.operation(),
                        line.replaceOperands(operand -> inside(operand, inside)).arguments(),
                        results,
                        line.source()));
        line.results()
                .forEach(result -> lines.add(unary("detach", inside(result, inside), result)));
        return lines;
    }

    private static Value inside(Value value, Map<Value, Value> inside) {
        return inside.getOrDefault(value, value);
    }

    private static Line unary(String operation, Value of, Value result) {
        return new Line(operation, List.of(of), List.of(result), "");
    }

    /** Values that are computed while the engine records. */
    Set<Value> recorded() {
        return recorded;
    }

    private List<Line> rewritten(Line line) {
        return rewritten.getOrDefault(line, List.of(line));
    }

    /** Returns the lines of the tape, with leaves before each stretch. */
    List<Line> lines() {
        List<Line> lines = new ArrayList<>();
        tape.lines().forEach(line -> lines.addAll(rewritten(line)));
        return lines;
    }
}
