/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.SparseFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/** Functions and hooks that do what they must not. */
final class FuzzRuleMisuse {

    private final FuzzMisuse m;

    FuzzRuleMisuse(FuzzMisuse m) {
        this.m = m;
    }

    void addTo(Map<String, Runnable> all) {
        all.put("wrongGradients", this::wrongGradients);
        all.put("thrownInForward", this::thrownInForward);
        all.put("thrownInBackward", this::thrownInBackward);
        all.put("thrownInHook", this::thrownInHook);
        all.put("wrongHook", this::wrongHook);
        all.put("hooksThatComeAndGo", this::hooksThatComeAndGo);
        all.put("wrongForward", this::wrongForward);
        all.put("contextOutOfPlace", this::contextOutOfPlace);
        all.put("reentry", this::reentry);
    }

    private void wrongGradients() {
        List<BiFunction<FunctionContext, NDList, NDList>> rules =
                List.of(
                        (ctx, dy) -> null,
                        (ctx, dy) -> new NDList(),
                        (ctx, dy) -> new NDList(dy.get(0), dy.get(0)),
                        (ctx, dy) -> new NDList(dy.get(0).sum()),
                        (ctx, dy) -> new NDList(dy.get(0).reshape(2, 1)),
                        (ctx, dy) -> new NDList(dy.get(0).toType(DataType.FLOAT32, true)),
                        (ctx, dy) -> new NDList(dy.get(0).toType(DataType.INT64, true)),
                        (ctx, dy) -> new NDList(dy.get(0).toSparse(SparseFormat.COO)),
                        (ctx, dy) -> new NDList(dy.get(0).muli(dy.get(0))),
                        (ctx, dy) -> {
                            NDArray d = dy.get(0).add(dy.get(0));
                            d.close();
                            return new NDList(d);
                        },
                        (ctx, dy) -> {
                            dy.get(0).close();
                            return dy;
                        },
                        (ctx, dy) -> new NDList(dy.get(0).matMul(dy.get(0).reshape(1, 2))));
        int which = m.random.nextInt(rules.size());
        NDArray y = TestFunctions.square(rules.get(which)).apply(m.x);
        NDArray z = m.random.nextBoolean() ? y : FuzzFunctions.sum().apply(y, y);
        try {
            m.refused(() -> m.grad(z));
        } catch (AssertionError e) {
            throw new AssertionError("rule " + which + ": " + e.getMessage(), e);
        }
    }

    private void thrownInForward() {
        RuntimeException mine = thrown();
        AutogradFunction f =
                TestFunctions.of(
                        (ctx, in) -> {
                            ctx.saveForBackward(in.get(0), in.get(0).exp());
                            throw mine;
                        },
                        (ctx, dy) -> dy);
        if (m.refused(() -> f.apply(m.x)) != mine) {
            throw new AssertionError("another exception");
        }
    }

    private void thrownInBackward() {
        RuntimeException mine = thrown();
        boolean reentrant = m.random.nextBoolean();
        AutogradFunction f =
                TestFunctions.square(
                        (ctx, dy) -> {
                            if (reentrant) {
                                try (Autograd.Scope scope = Autograd.enableGrad()) {
                                    m.grad(TestFunctions.square().apply(m.x));
                                }
                            }
                            throw mine;
                        });
        NDArray y = f.apply(FuzzFunctions.sine().apply(m.x));
        NDArray z = TestFunctions.product().apply(y, TestFunctions.square().apply(m.x));
        m.kinds.checkCause(mine, m.refused(() -> m.grad(z)));
    }

    private void thrownInHook() {
        RuntimeException mine = thrown();
        NDArray y = TestFunctions.square().apply(m.x);
        NDArray h = m.random.nextBoolean() ? m.x : y;
        try (Autograd.Scope hook =
                Autograd.onGradient(
                        h,
                        g -> {
                            throw mine;
                        })) {
            m.kinds.checkCause(mine, m.refused(() -> m.grad(y)));
        }
        FuzzMisuse.check(m.grad(y), 6, 8);
    }

    private void wrongHook() {
        NDArray y = TestFunctions.square().apply(m.x);
        NDArray closed = m.manager.create(new double[] {1, 2});
        closed.close();
        try (Autograd.Scope hook =
                m.pick(
                                List.<Supplier<Autograd.Scope>>of(
                                        () -> Autograd.onGradient(y, g -> g.sum()),
                                        () -> Autograd.onGradient(y, g -> closed),
                                        () ->
                                                Autograd.onGradient(
                                                        m.x, g -> g.toSparse(SparseFormat.COO)),
                                        () ->
                                                Autograd.onGradient(
                                                        m.x,
                                                        g -> g.toType(DataType.FLOAT32, true))))
                        .get()) {
            m.refused(() -> m.grad(y));
        }
        FuzzMisuse.check(m.grad(y), 6, 8);
    }

    private void hooksThatComeAndGo() {
        NDArray y = TestFunctions.square().apply(m.x);
        List<Autograd.Scope> open = new ArrayList<>();
        List<Double> factors = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            if (!open.isEmpty() && m.random.nextInt(3) == 0) {
                int which = m.random.nextInt(open.size());
                open.remove(which).close();
                factors.remove(which);
            } else {
                double factor = 1 << m.random.nextInt(3);
                NDArray array = m.manager.create(factor);
                open.add(Autograd.onGradient(m.random.nextBoolean() ? m.x : y, g -> g.mul(array)));
                factors.add(factor);
            }
        }
        double product = factors.stream().reduce(1.0, (a, b) -> a * b);
        FuzzMisuse.check(m.grad(y), 6 * product, 8 * product);
        open.forEach(Autograd.Scope::close);
        open.forEach(Autograd.Scope::close);
    }

    private void wrongForward() {
        List<BiFunction<FunctionContext, NDList, NDList>> forwards =
                List.of(
                        (ctx, in) -> null,
                        (ctx, in) -> new NDList(),
                        (ctx, in) -> new NDList(Arrays.asList(in.get(0), null)),
                        (ctx, in) -> new NDList(in.get(0).toSparse(SparseFormat.COO)),
                        (ctx, in) -> {
                            NDArray y = in.get(0).mul(in.get(0));
                            y.close();
                            return new NDList(y);
                        },
                        (ctx, in) -> {
                            ctx.savedTensors();
                            return in;
                        },
                        (ctx, in) -> {
                            ctx.needsInputGrad(7);
                            return in;
                        },
                        (ctx, in) -> {
                            ctx.getAttribute("none", String.class);
                            return in;
                        });
        BiFunction<FunctionContext, NDList, NDList> forward = m.pick(forwards);
        m.refused(() -> TestFunctions.of(forward, (ctx, dy) -> dy).apply(m.x));
    }

    private void contextOutOfPlace() {
        FunctionContext[] kept = new FunctionContext[1];
        NDList escaped = new NDList();
        AutogradFunction f =
                TestFunctions.of(
                        (ctx, in) -> {
                            kept[0] = ctx;
                            NDArray left = in.get(0).mul(in.get(0));
                            escaped.add(in.get(0));
                            escaped.add(left);
                            ctx.saveForBackward(in.get(0).sin());
                            ctx.saveForBackward(in.get(0)); // replaces the first
                            return new NDList(in.get(0).mul(in.get(0)));
                        },
                        (ctx, dy) -> {
                            NDArray s = ctx.savedTensors().get(0);
                            escaped.add(s);
                            escaped.add(dy.get(0));
                            return new NDList(dy.get(0).mul(s.add(s)));
                        });
        NDArray y = f.apply(m.x);
        m.refused(() -> kept[0].savedTensors());
        FuzzMisuse.check(Autograd.grad(new NDList(y.sum()), new NDList(m.x)).get(0), 6, 8);
        m.refused(() -> kept[0].savedTensors());
        for (NDArray array : escaped) {
            // Closed, or still what it was; never somebody else's memory.
            m.allowed(() -> array.add(array), m.x);
        }
        if (m.random.nextBoolean()) {
            kept[0].saveForBackward(m.x);
            kept[0].setMaterializeGrads(false);
            kept[0].markNonDifferentiable(m.x);
        }
    }

    /** A rule that runs a pass through its own kept node, some levels deep. */
    private void reentry() {
        int levels = 1 + m.random.nextInt(m.random.nextInt(10) == 0 ? 80 : 14);
        int[] depth = {0};
        NDArray[] y = new NDArray[1];
        AutogradFunction f =
                TestFunctions.square(
                        (ctx, dy) -> {
                            if (depth[0]++ < levels) {
                                return new NDList(m.grad(y[0]).mul(dy.get(0)));
                            }
                            NDArray s = ctx.savedTensors().get(0);
                            return new NDList(s.add(s).mul(dy.get(0)));
                        });
        y[0] = f.apply(m.x);
        FuzzMisuse.check(m.grad(y[0]), 6, 8);
    }

    @SuppressWarnings("OrphanedFormatString") // a message may look like one
    private RuntimeException thrown() {
        return m.pick(
                List.of(
                        new FuzzKinds.Thrown("größe"),
                        new FuzzKinds.Thrown("%s %n {} frame"),
                        new IllegalArgumentException("no rule for 3")));
    }
}
