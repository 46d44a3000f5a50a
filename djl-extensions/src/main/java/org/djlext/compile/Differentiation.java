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
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Walks a tape backwards, from the loss to the parameters.
 *
 * <p>The backward of each function that left its mark is recorded in its turn, and so are the
 * {@link Derivatives} of lines in between. For a stretch of lines that nothing has a rule for, the
 * engine's autograd is asked in the script: their inputs become leaves, and {@code torch.grad}
 * follows.
 */
final class Differentiation {

    private final Tape tape;
    private final List<Line> forward;
    private final Map<Value, NDArray> gradients = new HashMap<>();
    private final List<Stretch> stretches = new ArrayList<>();
    private final Set<Value> recorded = new HashSet<>();

    // Lines without a rule, from first to before end, that the engine differentiates.
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

    /**
     * Differentiates, which adds lines to the tape.
     *
     * @param tape the tape
     * @param loss what to differentiate; the sum of it, if it is no scalar
     */
    Differentiation(Tape tape, TracedArray loss) {
        this.tape = tape;
        forward = List.copyOf(tape.lines());
        Value target = loss.read();
        if (!target.differentiable) {
            throw new CompileException(
                    "cannot compile: the loss does not depend on any parameter that is trained");
        }
        tape.undifferentiated(
                () -> {
                    NDArray ones = tape.manager().manager().ones(target.shape, target.type);
                    gradients.put(target, ones);
                    List<Runnable> units = units();
                    for (int i = units.size() - 1; i >= 0; i--) {
                        units.get(i).run();
                    }
                    return null;
                });
    }

    /** What to differentiate, in the order of forward: marks, lines with a rule, and stretches. */
    private List<Runnable> units() {
        List<Runnable> units = new ArrayList<>();
        int end = 0;
        for (Tape.Mark mark : tape.marks()) {
            addUnits(units, end, mark.first());
            units.add(() -> differentiate(mark));
            end = mark.end();
        }
        addUnits(units, end, forward.size());
        return units;
    }

    /** Adds what lies between two marks. */
    private void addUnits(List<Runnable> units, int from, int to) {
        int stretch = -1;
        for (int i = from; i < to; i++) {
            Line line = forward.get(i);
            if (line.results().stream().noneMatch(result -> result.differentiable)) {
                continue;
            }
            if (Derivatives.covers(line)) {
                addStretch(units, stretch, i);
                stretch = -1;
                units.add(() -> differentiate(line));
            } else if (stretch < 0) {
                stretch = i;
            }
        }
        addStretch(units, stretch, to);
    }

    private void addStretch(List<Runnable> units, int first, int end) {
        if (first >= 0) {
            Stretch stretch = new Stretch(first, end);
            units.add(() -> differentiate(stretch));
        }
    }

    private void differentiate(Line line) {
        NDList dys = new NDList();
        line.results().forEach(result -> dys.add(gradients.remove(result)));
        if (!Derivatives.takesAll(line) && dys.stream().skip(1).anyMatch(Objects::nonNull)) {
            throw CompileException.at(
                    line.source(),
                    "a gradient of the first result of "
                            + line.operation()
                            + " can be computed, but another one is asked for; cut it off with"
                            + " stopGradient");
        }
        if (dys.stream().anyMatch(Objects::nonNull)) {
            tape.at(
                    "backward of " + line.source(),
                    () -> {
                        Derivatives.apply(new LineGradient(tape, line, dys, this));
                        return null;
                    });
        }
    }

    /** Returns the gradient of a parameter, or null if the loss does not depend on it. */
    @Nullable NDArray gradient(Value parameter) {
        return gradients.get(parameter);
    }

    /** Adds to the gradient of a value, in its type. */
    void add(Value value, NDArray gradient) {
        tape.at(
                "sum of gradients",
                () -> {
                    TracedArray given = TracedArray.required(gradient, "backward");
                    return gradients.merge(
                            value, Conversions.cast(given, value.type), NDArray::add);
                });
    }

    private void differentiate(Tape.Mark mark) {
        NDList upstream = new NDList();
        boolean any = false;
        for (Value output : mark.outputs()) {
            NDArray gradient = output == null ? null : gradients.remove(output);
            any |= gradient != null;
            upstream.add(gradient);
        }
        if (!any) {
            return;
        }
        if (mark.call().isMaterializeGrads()) {
            for (int k = 0; k < upstream.size(); k++) {
                Value output = mark.outputs().get(k);
                if (upstream.get(k) == null && output != null) {
                    upstream.set(k, tape.zeros(output));
                }
            }
        }
        NDList answers = mark.call().backward(upstream);
        for (int i = 0; i < answers.size(); i++) {
            Value input = mark.inputs().get(i);
            NDArray answer = answers.get(i);
            if (answer != null && input != null && input.differentiable) {
                TracedArray.required(answer, mark.call() + ".backward");
                add(input, LineGradient.sumTo(answer, input.shape));
            }
        }
    }

    private void differentiate(Stretch stretch) {
        List<Value> outputs = new ArrayList<>();
        for (Line line : forward.subList(stretch.first, stretch.end)) {
            line.results().stream().filter(gradients::containsKey).forEach(outputs::add);
        }
        if (outputs.isEmpty()) {
            return;
        }
        List<Value> inputs = inputs(stretch, outputs);
        List<Value> upstream = new ArrayList<>();
        for (Value output : outputs) {
            upstream.add(TracedArray.required(gradients.remove(output), "a gradient").read());
        }
        List<Value> leaves = new ArrayList<>();
        NDList zeros = new NDList();
        for (Value input : inputs) {
            leaves.add(stretch.leaves.get(input));
            zeros.add(tape.scratch().zeros(input.shape, input.type));
        }
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
                        add(
                                inputs.get(i),
                                tape.recordShapes(
                                                "_unwrap_optional",
                                                new NDList(Shapes.realOf(answer)),
                                                answer)
                                        .head());
                    }
                    return null;
                });
        stretches.add(stretch);
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
