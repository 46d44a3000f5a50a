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
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Lines that nothing has a rule for, which the engine's autograd differentiates in the script: the
 * inputs of a stretch of them become leaves, and {@code torch.grad} follows.
 */
final class Stretches {

    private final Tape tape;
    private final List<Line> forward;
    private final List<Stretch> stretches = new ArrayList<>();
    private final Set<Value> recorded = new HashSet<>();

    // From first to before end.
    private static final class Stretch {
        final int first;
        final int end;
        final Set<Line> lines = Collections.newSetFromMap(new IdentityHashMap<>());
        final Map<Value, Value> leaves = new LinkedHashMap<>();
        final Map<Value, Value> detached = new LinkedHashMap<>();
        @Nullable Line gradient;

        Stretch(int first, int end) {
            this.first = first;
            this.end = end;
        }
    }

    Stretches(Tape tape, List<Line> forward) {
        this.tape = tape;
        this.forward = forward;
    }

    /** Notes the gradient of the lines from first to before end. */
    void differentiate(int first, int end, Differentiation gradients) {
        Stretch stretch = new Stretch(first, end);
        List<Value> outputs = new ArrayList<>();
        for (Line line : forward.subList(stretch.first, stretch.end)) {
            line.results().stream().filter(gradients::has).forEach(outputs::add);
        }
        if (outputs.isEmpty()) {
            return;
        }
        List<Value> inputs = inputs(stretch, outputs);
        List<Value> upstream = new ArrayList<>();
        for (Value output : outputs) {
            NDArray dy = Objects.requireNonNull(gradients.take(output));
            upstream.add(TracedArray.required(dy, "a gradient").read());
        }
        List<Value> leaves = new ArrayList<>();
        NDList zeros = new NDList();
        for (Value input : inputs) {
            leaves.add(stretch.leaves.get(input));
            zeros.add(tape.scratch().zeros(input.shape, input.type));
        }
        checkTwice(stretch);
        tape.at(
                "gradient of " + stretch.lines.size() + " lines",
                () -> {
                    NDList answers =
                            tape.recordShapes(
                                    "grad",
                                    zeros,
                                    outputs,
                                    leaves,
                                    new Line.Optionals(upstream),
                                    null,
                                    false,
                                    true);
                    stretch.gradient = tape.lines().get(tape.lines().size() - 1);
                    for (int i = 0; i < inputs.size(); i++) {
                        NDArray answer = answers.get(i);
                        gradients.add(
                                inputs.get(i),
                                tape.recordShapes(
                                                Line.OR_ZEROS,
                                                new NDList(Shapes.realOf(answer)),
                                                answer,
                                                inputs.get(i))
                                        .head());
                    }
                    return null;
                });
        stretches.add(stretch);
    }

    /** The engine does not say before the script runs that it cannot differentiate a backward. */
    private static void checkTwice(Stretch stretch) {
        for (Line line : stretch.lines) {
            if (line.operation().equals(Networks.ATTENTION + "_backward")) {
                throw CompileException.at(
                        line.source(),
                        "the engine has no second derivative of its attention; compute it by"
                                + " matMul and softmax");
            }
        }
    }

    /** Collects the lines that the outputs come from, and what these take from before. */
    private List<Value> inputs(Stretch stretch, List<Value> outputs) {
        Set<Value> wanted = new LinkedHashSet<>(outputs);
        List<Line> lines = forward.subList(stretch.first, stretch.end);
        for (int i = lines.size() - 1; i >= 0; i--) {
            Line line = lines.get(i);
            if (line.results().stream().anyMatch(wanted::contains)) {
                stretch.lines.add(line);
                recorded.addAll(line.results());
                wanted.removeAll(line.results());
                line.operands().stream().filter(o -> o.differentiable).forEach(wanted::add);
            }
        }
        List<Value> inputs = new ArrayList<>(wanted);
        // A value may be a leaf of several stretches.
        String prefix = "l" + stretch.first + "_";
        inputs.forEach(input -> stretch.leaves.put(input, input.like(prefix)));
        return inputs;
    }

    /** Values that are computed while the engine records. */
    Set<Value> recorded() {
        return recorded;
    }

    /** Returns what stands for a value outside of the lines that the engine records. */
    Value outside(Value value) {
        for (Stretch stretch : stretches) {
            Value detached = stretch.detached.get(value);
            if (detached != null) {
                return detached;
            }
        }
        return value;
    }

    /**
     * Returns the lines of the tape, with leaves before each stretch and without a graph outside.
     */
    List<Line> lines() {
        for (Stretch stretch : stretches) {
            for (Line line : forward.subList(stretch.first, stretch.end)) {
                if (!stretch.lines.contains(line)) {
                    continue;
                }
                for (Value result : line.results()) {
                    stretch.detached.put(result, result.like("d_"));
                }
            }
        }
        List<Line> all = new ArrayList<>();
        for (int i = 0; i < tape.lines().size(); i++) {
            Line line = tape.lines().get(i);
            Stretch own = null;
            for (Stretch stretch : stretches) {
                if (i == stretch.first) {
                    addLeaves(stretch, all);
                }
                if (stretch.lines.contains(line) || line.equals(stretch.gradient)) {
                    own = stretch;
                }
            }
            Stretch inside = own;
            all.add(line.replaceOperands(operand -> replace(operand, inside, line)));
            if (inside != null) {
                addDetached(inside, line.results(), all);
            }
        }
        return all;
    }

    private Value replace(Value operand, @Nullable Stretch inside, Line line) {
        if (inside == null) {
            return outside(operand);
        }
        if (inside.detached.containsKey(operand)) {
            return operand;
        }
        Value leaf = line.equals(inside.gradient) ? null : inside.leaves.get(operand);
        return leaf == null ? outside(operand) : leaf;
    }

    private void addLeaves(Stretch stretch, List<Line> all) {
        stretch.leaves.forEach(
                (value, leaf) ->
                        all.add(new Line("leaf", List.of(outside(value)), List.of(leaf), "")));
    }

    // Lines between those of the stretch may read what it has computed.
    private static void addDetached(Stretch stretch, List<Value> values, List<Line> all) {
        for (Value value : values) {
            Value detached = stretch.detached.get(value);
            if (detached != null) {
                all.add(new Line("detach", List.of(value), List.of(detached), ""));
            }
        }
    }
}
