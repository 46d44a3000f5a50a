/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A random expression, evaluated with the engine's operations alone or with custom functions among
 * them. What the engine says of the first is what the second must give.
 */
final class FuzzGraph {

    /** Beyond that, functions such as the sine make too much of a rounding error. */
    private static final double LARGEST = 30;

    private static final double TOLERANCE = 1e-9;

    private record Step(FuzzOp op, List<Integer> arguments, boolean custom) {}

    /** The steps, the values of which the loss is a weighted sum, and the seed of the weights. */
    private record Plan(List<Step> steps, List<Integer> terms, long weights) {}

    final NDList leaves;
    final NDArray loss;
    final List<NDArray> intermediates = new ArrayList<>();

    private final Set<Integer> hooked = new HashSet<>();
    private final NDManager manager;
    private final Plan plan;

    private FuzzGraph(NDManager manager, NDList leaves, Plan plan, boolean custom) {
        this.manager = manager;
        this.leaves = leaves;
        this.plan = plan;
        loss = evaluate(custom);
    }

    /** Draws an expression in the engine's operations; its values stay moderate. */
    static FuzzGraph draw(NDManager manager, Random random, List<FuzzOp> ops) {
        NDList leaves = new NDList();
        // Now and then large ones, so that those that are left behind are seen.
        int most = random.nextInt(40) == 0 ? 100 : 3;
        int rows = 1 + random.nextInt(most);
        int columns = 1 + random.nextInt(most);
        for (int i = 0; i < 1 + random.nextInt(3); i++) {
            leaves.add(leaf(manager, random, new Shape(rows, columns)));
        }
        leaves.add(leaf(manager, random, new Shape(columns, rows)));
        Plan plan = new Plan(new ArrayList<>(), new ArrayList<>(), random.nextLong());
        List<NDArray> values = new ArrayList<>(leaves);
        int count = 1 + random.nextInt(9);
        while (plan.steps.size() < count) {
            FuzzOp op = ops.get(random.nextInt(ops.size()));
            List<Integer> arguments = new ArrayList<>();
            NDList in = new NDList();
            for (int i = 0; i < op.arity(); i++) {
                // Late values more often than early ones, so that graphs grow deep.
                int from = random.nextBoolean() ? Math.max(0, values.size() - 2) : 0;
                arguments.add(from + random.nextInt(values.size() - from));
                in.add(values.get(arguments.get(i)));
            }
            if (op.accepts().test(in) && isModerate(in)) {
                values.addAll(op.plain().apply(in));
                plan.steps.add(new Step(op, arguments, random.nextInt(4) > 0));
            } else if (random.nextInt(20) == 0) {
                count--;
            }
        }
        // The last value always, and some others.
        plan.terms.add(values.size() - 1);
        IntStream.range(0, values.size() - 1)
                .filter(v -> random.nextInt(3) == 0)
                .forEach(plan.terms::add);
        return new FuzzGraph(manager, leaves, plan, false);
    }

    private static boolean isModerate(NDList in) {
        return in.stream()
                .flatMapToDouble(x -> Arrays.stream(x.toDoubleArray()))
                .allMatch(value -> Math.abs(value) < LARGEST);
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

    /** The same expression with custom functions, on leaves of its own. */
    FuzzGraph custom() {
        NDList copies = new NDList();
        leaves.forEach(leaf -> copies.add(requiring(leaf.stopGradient().duplicate())));
        return new FuzzGraph(manager, copies, plan, true);
    }

    /** The loss of the same expression, with custom functions, of other leaves. */
    NDList again(NDList others) {
        return new NDList(new FuzzGraph(manager, others, plan, true).loss);
    }

    private NDArray evaluate(boolean custom) {
        List<NDArray> values = new ArrayList<>(leaves);
        for (Step step : plan.steps) {
            NDList in = new NDList();
            step.arguments.forEach(argument -> in.add(values.get(argument)));
            boolean own = custom && step.custom;
            NDList out = (own ? step.op.custom() : step.op.plain()).apply(in);
            if (own && step.op.name().equals("hook")) {
                hooked.add(intermediates.size());
            }
            values.addAll(out);
            intermediates.addAll(out);
        }
        Random random = new Random(plan.weights);
        NDArray sum = manager.zeros(new Shape(), DataType.FLOAT64);
        for (int term : plan.terms) {
            NDArray value = values.get(term);
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
        return plan.steps.stream()
                .filter(Step::custom)
                .map(step -> step.op.second())
                .max(Comparator.naturalOrder())
                .orElse(FuzzOp.Second.RIGHT);
    }

    /** Whether an operation is there in its custom form. */
    boolean has(String name) {
        return plan.steps.stream().anyMatch(step -> step.custom && step.op.name().equals(name));
    }

    /** Whether float32 is on the way, so that another order of operations rounds otherwise. */
    boolean rounds() {
        return plan.steps.stream().anyMatch(step -> step.op.name().equals("float32"));
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
        if (plan.steps.stream().anyMatch(step -> step.op.name().equals("checkpoint"))) {
            return; // what it has captured must stay open
        }
        intermediates.stream().filter(value -> indexOf(leaves, value) < 0).forEach(NDArray::close);
        intermediates.clear();
    }

    /** The place of this very array: two of the same numbers are equal to a list. */
    private static int indexOf(List<NDArray> arrays, NDArray array) {
        return IntStream.range(0, arrays.size())
                .filter(i -> arrays.get(i) == array)
                .findFirst()
                .orElse(-1);
    }

    static void assertGradients(String what, NDList wanted, NDList got) {
        assertEquals(wanted.size(), got.size(), what);
        for (int i = 0; i < got.size(); i++) {
            // None is zero: a rule may have been given zeros for none.
            @Nullable NDArray w = wanted.get(i);
            @Nullable NDArray g = got.get(i);
            if (w != null || g != null) {
                assertClose(
                        what + ", leaf " + i,
                        w == null ? g.zerosLike() : w,
                        g == null ? w.zerosLike() : g);
            }
        }
    }

    static void assertClose(String what, NDArray want, NDArray got) {
        double[] w = want.toDoubleArray();
        double[] g = got.toDoubleArray();
        double scale = Math.max(1, Arrays.stream(w).map(Math::abs).max().orElse(0));
        boolean same = want.getShape().equals(got.getShape());
        for (int i = 0; same && i < w.length; i++) {
            same = Double.compare(w[i], g[i]) == 0 || Math.abs(w[i] - g[i]) <= TOLERANCE * scale;
        }
        assertTrue(
                same,
                () -> what + " is " + Arrays.toString(g) + ", but must be " + Arrays.toString(w));
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(leaves.size() + " leaves");
        int next = leaves.size();
        for (Step step : plan.steps) {
            String kind = step.custom ? "custom " : "";
            text.append("; " + kind + step.op + step.arguments + " from " + next++);
        }
        return text + "; terms " + plan.terms;
    }
}
