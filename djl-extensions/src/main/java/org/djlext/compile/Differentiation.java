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
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Walks a tape backwards: from the loss to the parameters, or inside of a step from any arrays to
 * others.
 *
 * <p>The backward of each function that left its mark is recorded in its turn, and so are the
 * {@link Derivatives} of lines in between. Lines that nothing has a rule for are left to the
 * engine's autograd, as {@link Stretches}, at the end of a step. What is recorded for a gradient
 * inside of it is differentiated there like all else.
 */
final class Differentiation {

    private final Tape tape;
    private final List<Line> forward;
    private final Map<Value, NDArray> gradients = new HashMap<>();
    private final Stretches stretches;
    // What to differentiate by and what depends on that, inside of a step; null at its end, where
    // it is all that is trained.
    private final @Nullable Set<Value> by;
    private final Set<Value> dependent = new HashSet<>();
    private final boolean createsGraph;

    /** Differentiates a loss, or the sum of it if it is no scalar, which adds lines to the tape. */
    Differentiation(Tape tape, TracedArray loss) {
        this(tape, null, false);
        Value target = loss.read();
        if (!target.differentiable) {
            throw new CompileException(
                    "cannot compile: the loss does not depend on any parameter that is trained");
        }
        NDArray ones = tape.manager().manager().ones(target.shape, target.type);
        tape.undifferentiated(() -> walk(List.of(target), new NDList(ones)));
    }

    private Differentiation(Tape tape, @Nullable Set<Value> by, boolean createsGraph) {
        this.tape = tape;
        this.by = by;
        this.createsGraph = createsGraph;
        forward = List.copyOf(tape.lines());
        stretches = new Stretches(tape, forward);
    }

    /**
     * Differentiates in the middle of a step, as {@code Autograd.grad} does.
     *
     * @param upstream the gradients of the outputs
     * @param createsGraph whether the gradients are differentiated in turn at the end of the step
     * @param allowUnused whether an input may be one that no output depends on
     * @return the gradients of the inputs, with null for those
     */
    static NDList grad(
            Tape tape,
            NDList outputs,
            NDList inputs,
            NDList upstream,
            boolean createsGraph,
            boolean allowUnused) {
        List<Value> of = TracedArray.values(outputs, "grad");
        List<Value> by = TracedArray.values(inputs, "grad");
        for (int i = 0; i < by.size(); i++) {
            if (!by.get(i).differentiable) {
                throw CompileException.at(
                        tape.source(),
                        "grad differentiates by arrays that require a gradient, but input "
                                + i
                                + " does not; call setRequiresGradient(true) before it is used");
            }
        }
        Differentiation inner = new Differentiation(tape, new HashSet<>(by), createsGraph);
        inner.findDependent();
        if (createsGraph) {
            inner.walk(of, upstream);
        } else {
            tape.undifferentiated(() -> inner.walk(of, upstream));
        }
        NDList found = new NDList();
        by.forEach(value -> found.add(inner.gradients.get(value)));
        int unused = found.indexOf(null);
        if (unused >= 0 && !allowUnused) {
            throw CompileException.at(
                    tape.source(),
                    "no output of grad depends on input " + unused + "; allow it unused");
        }
        return found;
    }

    private NDList walk(List<Value> of, NDList upstream) {
        for (int k = 0; k < of.size(); k++) {
            add(of.get(k), upstream.get(k));
        }
        List<Runnable> units = units();
        for (int i = units.size() - 1; i >= 0; i--) {
            units.get(i).run();
        }
        return upstream;
    }

    private void findDependent() {
        dependent.addAll(Objects.requireNonNull(by));
        int end = 0;
        for (Marks.Mark mark : tape.marks()) {
            findDependent(forward.subList(end, mark.first()), dependent);
            if (mark.inputs().stream().anyMatch(dependent::contains)) {
                mark.outputs().stream().filter(Objects::nonNull).forEach(dependent::add);
            }
            end = mark.end();
        }
        findDependent(forward.subList(end, forward.size()), dependent);
    }

    /** Adds what lines compute of some values. */
    private static void findDependent(List<Line> lines, Set<Value> values) {
        for (Line line : lines) {
            if (line.operands().stream().anyMatch(values::contains)) {
                line.results().stream().filter(r -> r.type.isFloating()).forEach(values::add);
            }
        }
    }

    /** What to differentiate, in the order of forward: marks, lines with a rule, and stretches. */
    private List<Runnable> units() {
        List<Runnable> units = new ArrayList<>();
        int end = 0;
        for (Marks.Mark mark : tape.marks()) {
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
            if (line.results().stream().noneMatch(this::wants)
                    || line.operands().stream().noneMatch(this::wants)) {
                continue;
            }
            if (Derivatives.covers(line)) {
                addStretch(units, stretch, i);
                stretch = -1;
                units.add(() -> differentiate(line));
            } else if (by != null) {
                units.add(() -> refuse(line));
            } else if (stretch < 0) {
                stretch = i;
            }
        }
        addStretch(units, stretch, to);
    }

    private void addStretch(List<Runnable> units, int first, int end) {
        if (first >= 0) {
            units.add(() -> stretches.differentiate(first, end, this));
        }
    }

    private void refuse(Line line) {
        if (line.results().stream().anyMatch(this::has)) {
            throw CompileException.at(
                    line.source(),
                    "a gradient that is taken inside of a step goes through "
                            + line.operation()
                            + ", which has no rule here; use other operations, or"
                            + " model.newTrainer");
        }
    }

    private void differentiate(Line line) {
        NDList dys = new NDList();
        line.results().forEach(result -> dys.add(take(result)));
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
                    () -> Derivatives.apply(new LineGradient(tape, line, dys, this)));
        }
    }

    /** Returns the gradient of a value, or null if the loss does not depend on it. */
    @Nullable NDArray gradient(Value value) {
        return gradients.get(value);
    }

    /** Returns the lines of the tape, and what the engine's autograd takes. */
    Stretches stretches() {
        return stretches;
    }

    /** Tells whether the gradient of a value is wanted. */
    boolean wants(Value value) {
        return value.differentiable && (by == null || dependent.contains(value));
    }

    boolean has(Value value) {
        return gradients.containsKey(value);
    }

    /** Returns the whole gradient of a value, or null, and forgets it if nobody asks for it. */
    @Nullable NDArray take(Value value) {
        return by != null && by.contains(value) ? gradients.get(value) : gradients.remove(value);
    }

    /** Adds to the gradient of a value, in its type. */
    void add(Value value, NDArray gradient) {
        tape.at(
                "sum of gradients",
                () -> {
                    TracedArray given = TracedArray.required(gradient, "backward");
                    gradients.merge(value, Conversions.cast(given, value.type), NDArray::add);
                });
    }

    private void differentiate(Marks.Mark mark) {
        NDList upstream = new NDList();
        boolean any = false;
        for (Value output : mark.outputs()) {
            NDArray gradient = output == null ? null : take(output);
            any |= gradient != null;
            upstream.add(gradient);
        }
        if (!any || mark.inputs().stream().noneMatch(i -> i != null && wants(i))) {
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
        int first = tape.lines().size();
        NDList answers = mark.call().backward(upstream, createsGraph);
        if (createsGraph) {
            checkConnected(mark, tape.lines().subList(first, tape.lines().size()));
        }
        for (int i = 0; i < answers.size(); i++) {
            Value input = mark.inputs().get(i);
            NDArray answer = answers.get(i);
            if (answer != null && input != null && wants(input)) {
                TracedArray.required(answer, mark.call() + ".backward");
                add(input, LineGradient.sumTo(answer, input.shape));
            }
        }
    }

    /** Makes sure that backward reads nothing that a second derivative would have to go through. */
    private void checkConnected(Marks.Mark mark, List<Line> backward) {
        Set<Value> inside = new HashSet<>();
        mark.inputs().stream().filter(i -> i != null && i.differentiable).forEach(inside::add);
        findDependent(forward.subList(mark.first(), mark.end()), inside);
        inside.removeIf(value -> value.differentiable);
        if (backward.stream()
                .flatMap(line -> line.operands().stream())
                .anyMatch(inside::contains)) {
            throw CompileException.at(
                    mark.call().toString(),
                    "its backward takes an intermediate that forward has saved, and so cannot be"
                            + " differentiated in turn; compute it again where ctx.createsGraph()");
        }
    }
}
