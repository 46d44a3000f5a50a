/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
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
    private final List<Stretch> stretches = new ArrayList<>();
    private final Set<Value> recorded = new HashSet<>();

    /**
     * Some of the lines from one place on.
     *
     * @param first the place of the first line
     * @param lines those that are recorded
     * @param leaves what stands inside for what is computed before
     * @param inside what stands inside for each value that is not computed by lines outside
     */
    private record Stretch(
            int first, Set<Line> lines, Map<Value, Value> leaves, Map<Value, Value> inside) {

        Value inside(Value value) {
            return inside.getOrDefault(value, value);
        }
    }

    Stretches(Tape tape, List<Line> forward) {
        this.tape = tape;
        this.forward = forward;
    }

    /** Notes the gradient of the lines from first to before end. */
    void differentiate(int first, int end, Differentiation gradients) {
        List<Value> outputs = new ArrayList<>();
        for (Line line : forward.subList(first, end)) {
            line.results().stream().filter(gradients::has).forEach(outputs::add);
        }
        if (outputs.isEmpty()) {
            return;
        }
        List<Value> upstream = new ArrayList<>();
        for (Value output : outputs) {
            NDArray dy = Objects.requireNonNull(gradients.take(output));
            upstream.add(TracedArray.required(dy, "a gradient").read());
        }
        Stretch stretch = stretch(first, end, outputs);
        stretches.add(stretch);
        tape.at(
                "gradient of " + stretch.lines.size() + " lines",
                () -> addGradients(stretch, outputs, upstream, gradients));
    }

    private void addGradients(
            Stretch stretch, List<Value> outputs, List<Value> upstream, Differentiation gradients) {
        NDList zeros = new NDList();
        for (Value input : stretch.leaves.keySet()) {
            zeros.add(tape.scratch().zeros(input.shape, input.type));
        }
        Iterator<NDArray> answers =
                tape.recordShapes(
                                "grad",
                                zeros,
                                outputs.stream().map(stretch::inside).toList(),
                                List.copyOf(stretch.leaves.values()),
                                Line.optionals(upstream),
                                null,
                                false,
                                true)
                        .iterator();
        for (Value input : stretch.leaves.keySet()) {
            NDArray answer = answers.next();
            NDList shape = new NDList(Shapes.realOf(answer));
            gradients.add(input, tape.recordShapes(Line.OR_ZEROS, shape, answer, input).head());
        }
    }

    /** Collects the lines that the outputs come from, and what these take from before. */
    private Stretch stretch(int first, int end, List<Value> outputs) {
        Set<Line> lines = Collections.newSetFromMap(new IdentityHashMap<>());
        Map<Value, Value> leaves = new LinkedHashMap<>();
        Map<Value, Value> inside = new HashMap<>();
        Set<Value> wanted = new LinkedHashSet<>(outputs);
        for (int i = end - 1; i >= first; i--) {
            Line line = forward.get(i);
            if (line.results().stream().anyMatch(wanted::contains)) {
                checkTwice(line);
                lines.add(line);
                line.results().forEach(result -> inside.put(result, result.like("r_")));
                wanted.removeAll(line.results());
                line.operands().stream().filter(o -> o.differentiable).forEach(wanted::add);
            }
        }
        recorded.addAll(inside.values());
        // A value may be a leaf of several stretches.
        wanted.forEach(input -> leaves.put(input, input.like("l" + first + "_")));
        inside.putAll(leaves);
        return new Stretch(first, lines, leaves, inside);
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

    /** Values that are computed while the engine records. */
    Set<Value> recorded() {
        return recorded;
    }

    /**
     * Returns the lines of the tape, with leaves before each stretch and without a graph outside.
     */
    List<Line> lines() {
        List<Line> all = new ArrayList<>();
        for (int i = 0; i < tape.lines().size(); i++) {
            Line line = tape.lines().get(i);
            Stretch own = null;
            for (Stretch stretch : stretches) {
                if (i == stretch.first) {
                    stretch.leaves.forEach((value, leaf) -> all.add(unary("leaf", value, leaf)));
                }
                own = stretch.lines.contains(line) ? stretch : own;
            }
            if (own == null) {
                all.add(line);
                continue;
            }
            List<Value> inside = line.results().stream().map(own::inside).toList();
            List<Object> arguments = line.replaceOperands(own::inside).arguments();
            all.add(new Line(line.operation(), arguments, inside, line.source()));
            for (Value result : line.results()) {
                all.add(unary("detach", own.inside(result), result));
            }
        }
        return all;
    }

    private static Line unary(String operation, Value of, Value result) {
        return new Line(operation, List.of(of), List.of(result), "");
    }
}
