/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * A random expression, evaluated with the engine's operations alone and with custom functions among
 * them. What the engine says of the first is what the second must give.
 */
final class FuzzGraph {

    /** Beyond that, functions such as the sine make too much of a rounding error. */
    private static final double LARGEST = 30;

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Step(FuzzOp op, int[] arguments, boolean custom) {}

    final NDList leaves;
    final NDArray loss;
    final List<NDArray> intermediates = new ArrayList<>();

    private final Set<Integer> hooked = new HashSet<>();
    private final NDManager manager;
    private final List<Step> steps;
    private final List<int[]> terms;
    private final long weights;

    private FuzzGraph(
            NDManager manager, NDList leaves, List<Step> steps, List<int[]> terms, long weights) {
        this.manager = manager;
        this.leaves = leaves;
        this.steps = steps;
        this.terms = terms;
        this.weights = weights;
        loss = manager.zeros(new Shape());
    }

    /** The same expression, with custom functions, of other leaves. */
    NDList again(NDList others) {
        return new NDList(new FuzzGraph(this, manager, others, true).loss);
    }

    private FuzzGraph(FuzzGraph plan, NDManager manager, NDList leaves, boolean custom) {
        this.manager = manager;
        this.leaves = leaves;
        steps = plan.steps;
        terms = plan.terms;
        weights = plan.weights;
        loss = evaluate(custom);
    }

    /** Draws an expression; its values stay moderate. */
    static FuzzGraph plan(NDManager manager, Random random, List<FuzzOp> ops) {
        NDList leaves = new NDList();
        // Now and then large ones, so that those that are left behind are seen.
        int most = random.nextInt(40) == 0 ? 100 : 3;
        int rows = 1 + random.nextInt(most);
        int columns = 1 + random.nextInt(most);
        for (int i = 0; i < 1 + random.nextInt(3); i++) {
            leaves.add(leaf(manager, random, new Shape(rows, columns)));
        }
        leaves.add(leaf(manager, random, new Shape(columns, rows)));
        FuzzGraph graph =
                new FuzzGraph(
                        manager, leaves, new ArrayList<>(), new ArrayList<>(), random.nextLong());
        List<NDArray> values = new ArrayList<>(leaves);
        int count = 1 + random.nextInt(9);
        while (graph.steps.size() < count) {
            FuzzOp op = ops.get(random.nextInt(ops.size()));
            int[] arguments = new int[op.arity()];
            NDList in = new NDList();
            for (int i = 0; i < arguments.length; i++) {
                // Late values more often than early ones, so that graphs grow deep.
                int from = random.nextBoolean() ? Math.max(0, values.size() - 2) : 0;
                arguments[i] = from + random.nextInt(values.size() - from);
                in.add(values.get(arguments[i]));
            }
            if (!op.accepts().test(in) || !isModerate(in)) {
                if (random.nextInt(20) == 0) {
                    count--;
                }
                continue;
            }
            values.addAll(op.plain().apply(in));
            graph.steps.add(new Step(op, arguments, random.nextInt(4) > 0));
        }
        // The last value always, and some others; one weight for each number.
        graph.terms.add(new int[] {values.size() - 1});
        for (int v = 0; v < values.size() - 1; v++) {
            if (random.nextInt(3) == 0) {
                graph.terms.add(new int[] {v});
            }
        }
        return graph;
    }

    private static boolean isModerate(NDList in) {
        for (NDArray x : in) {
            for (double value : x.toDoubleArray()) {
                if (!(Math.abs(value) < LARGEST)) {
                    return false;
                }
            }
        }
        return true;
    }

    private static NDArray leaf(NDManager manager, Random random, Shape shape) {
        double[] values = random.doubles(shape.size(), -1, 1).toArray();
        // Every other one in memory of Java's.
        NDArray leaf = manager.create(values, shape);
        return requiring(random.nextBoolean() ? leaf : leaf.duplicate());
    }

    private static NDArray requiring(NDArray leaf) {
        leaf.setRequiresGradient(true);
        return leaf;
    }

    /** The expression in the engine's operations, on leaves of its own. */
    FuzzGraph plain() {
        return new FuzzGraph(this, manager, copies(), false);
    }

    /** The expression with custom functions, on leaves of its own. */
    FuzzGraph custom() {
        return new FuzzGraph(this, manager, copies(), true);
    }

    private NDList copies() {
        NDList copies = new NDList();
        leaves.forEach(leaf -> copies.add(requiring(leaf.stopGradient().duplicate())));
        return copies;
    }

    private NDArray evaluate(boolean custom) {
        List<NDArray> values = new ArrayList<>(leaves);
        for (Step step : steps) {
            NDList in = new NDList();
            for (int argument : step.arguments) {
                in.add(values.get(argument));
            }
            NDList out =
                    custom && step.custom ? step.op.custom().apply(in) : step.op.plain().apply(in);
            if (custom && step.custom && step.op.name().equals("hook")) {
                hooked.add(intermediates.size());
            }
            values.addAll(out);
            intermediates.addAll(out);
        }
        Random random = new Random(weights);
        NDArray sum = manager.zeros(new Shape(), DataType.FLOAT64);
        for (int[] term : terms) {
            NDArray value = values.get(term[0]);
            double[] w = random.doubles(value.size(), -1, 1).toArray();
            NDArray weight = manager.create(w, value.getShape()).duplicate();
            sum = sum.add(value.mul(weight).sum());
        }
        return sum;
    }

    /** The gradients of the loss, null for what it does not depend on. */
    NDList grad(NDList by, NDArray upstream, boolean keep, boolean createGraph) {
        NDList u = new NDList(upstream);
        return Autograd.grad(new NDList(loss), by, u, keep, createGraph, true);
    }

    NDList grad(NDArray by, NDArray upstream) {
        return grad(new NDList(by), upstream, true, false);
    }

    /** What a second derivative is: that of the operation of which least can be said. */
    FuzzOp.Second second() {
        FuzzOp.Second least = FuzzOp.Second.RIGHT;
        for (Step step : steps) {
            if (step.custom && step.op.second().compareTo(least) > 0) {
                least = step.op.second();
            }
        }
        return least;
    }

    /** Whether an operation is there in its custom form. */
    boolean has(String name) {
        return steps.stream().anyMatch(step -> step.custom && step.op.name().equals(name));
    }

    /** Whether float32 is on the way, so that another order of operations rounds otherwise. */
    boolean rounds() {
        return steps.stream().anyMatch(step -> step.op.name().equals("float32"));
    }

    /** The place of a random intermediate that both forms have and differentiate, or -1. */
    static int common(FuzzGraph plain, FuzzGraph custom, Random random) {
        if (custom.intermediates.isEmpty()) {
            return -1;
        }
        int i = random.nextInt(custom.intermediates.size());
        NDArray p = plain.intermediates.get(i);
        // Where the engine's form returns what came in, this is no other array there.
        boolean other = indexOf(plain.intermediates, p) == i && indexOf(plain.leaves, p) < 0;
        boolean both =
                Autograd.requiresGrad(p) && Autograd.requiresGrad(custom.intermediates.get(i));
        return other && both ? i : -1;
    }

    /** Whether the gradient by an intermediate is one that the operation's own hook has changed. */
    boolean isHooked(int intermediate) {
        return hooked.contains(intermediate);
    }

    /** Closes what was computed on the way, as an NDScope or a manager of a step would. */
    void closeIntermediates() {
        if (steps.stream().anyMatch(step -> step.op.name().equals("checkpoint"))) {
            return; // what it has captured must stay open
        }
        for (NDArray value : intermediates) {
            if (indexOf(leaves, value) < 0) {
                value.close();
            }
        }
        intermediates.clear();
    }

    /** The place of this very array: two of the same numbers are equal to a list. */
    static int indexOf(List<NDArray> arrays, NDArray array) {
        for (int i = 0; i < arrays.size(); i++) {
            if (arrays.get(i) == array) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(leaves.size() + " leaves");
        int[] next = {leaves.size()};
        for (Step step : steps) {
            text.append("; ").append(step.custom ? "custom " : "").append(step.op).append('(');
            for (int argument : step.arguments) {
                text.append(' ').append(argument);
            }
            text.append(" ) from ").append(next[0]++);
        }
        text.append("; terms");
        terms.forEach(term -> text.append(' ').append(term[0]));
        return text.toString();
    }
}
