/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Calls with wrong arguments, on wrong arrays or at a wrong time. */
final class FuzzCallMisuse {

    private final FuzzMisuse m;

    FuzzCallMisuse(FuzzMisuse m) {
        this.m = m;
    }

    void addTo(Map<String, Runnable> all) {
        all.put("freedGraph", this::freedGraph);
        all.put("changedInPlace", this::changedInPlace);
        all.put("sharedOutputInPlace", this::sharedOutputInPlace);
        all.put("closedInput", this::closedInput);
        all.put("wrongArguments", this::wrongArguments);
        all.put("wrongInputs", this::wrongInputs);
        all.put("wrongDirections", this::wrongDirections);
    }

    private void freedGraph() {
        NDArray y = TestFunctions.square().apply(m.x).sum();
        NDArray s = FuzzFunctions.identity().apply(m.x).sum();
        FuzzMisuse.check(Autograd.grad(new NDList(y.add(s)), new NDList(m.x)).get(0), 7, 9);
        m.refused(() -> m.grad(y));
        // Nothing had been saved here.
        m.refusedOrRight(() -> m.grad(s), 1, 1);
    }

    private void changedInPlace() {
        NDArray h = m.x.add(m.x);
        NDArray y = TestFunctions.square().apply(h);
        NDArray kept = m.pick(List.of(h, h.reshape(1, 2), h.get("0:1")));
        try (Autograd.Scope scope = Autograd.noGrad()) {
            kept.addi(kept);
        }
        m.refused(() -> m.grad(y));
        // The identity has saved nothing, but what it gives is a view of what was changed.
        NDArray g = m.x.add(m.x);
        NDArray z = FuzzFunctions.identity().apply(g);
        try (Autograd.Scope scope = Autograd.noGrad()) {
            g.addi(g);
        }
        m.refusedOrRight(() -> m.grad(z), 2, 2);
    }

    private void sharedOutputInPlace() {
        NDArray h = m.random.nextBoolean() ? m.x : m.x.add(m.x.zerosLike());
        double[] before = m.x.toDoubleArray();
        NDList y =
                m.pick(
                                List.of(
                                        FuzzFunctions.identity(),
                                        FuzzFunctions.flat(),
                                        TestFunctions.of(
                                                (ctx, in) -> new NDList(in.get(0), in.get(0)),
                                                (ctx, dy) -> dy)))
                        .apply(new NDList(h));
        m.refused(
                () -> {
                    y.get(0).addi(y.get(0).onesLike());
                    return m.grad(y.get(0));
                });
        try (Autograd.Scope scope = Autograd.noGrad()) {
            m.x.subi(m.x).addi(m.manager.create(before));
        }
    }

    private void closedInput() {
        NDArray h = m.x.add(m.x);
        NDArray index = m.manager.create(new long[] {0, 1});
        if (m.random.nextBoolean()) {
            // DJL remembers these once they were asked for.
            index.getDataType();
            h.getDataType();
            h.getShape();
        }
        NDArray closed = m.random.nextBoolean() ? h : index;
        closed.close();
        m.refused(
                () ->
                        m.random.nextBoolean()
                                ? FuzzFunctions.sum().apply(m.x, closed)
                                : FuzzFunctions.sum().apply(closed, m.x));
        m.refused(() -> Autograd.onGradient(h.isReleased() ? h : closed, g -> g));
        m.refused(() -> Autograd.grad(new NDList(closed), new NDList(m.x)));
        NDArray y = TestFunctions.square().apply(m.x);
        m.refused(() -> Autograd.grad(new NDList(y.sum()), new NDList(closed)));
    }

    @SuppressWarnings("NullAway")
    private void wrongArguments() {
        NDArray y = TestFunctions.square().apply(m.x);
        NDArray plain = m.manager.create(new double[] {1, 2});
        NDArray whole = m.manager.create(new long[] {1, 2});
        NDList ys = new NDList(y);
        NDList xs = new NDList(m.x);
        NDList ones = new NDList(plain);
        NDList none = new NDList(Arrays.asList((NDArray) null));
        List<Supplier<?>> calls =
                List.of(
                        () -> Autograd.grad(ys, xs),
                        () -> Autograd.grad(ys, new NDList(), ones, true, false, false),
                        () -> Autograd.grad(new NDList(), xs, new NDList(), true, false, false),
                        () -> Autograd.grad(ys, xs, new NDList(), true, false, false),
                        () -> Autograd.grad(ys, xs, new NDList(m.x, m.x), true, false, false),
                        () -> Autograd.grad(ys, xs, new NDList(plain.sum()), true, false, false),
                        () -> Autograd.grad(ys, xs, none, true, false, false),
                        () -> Autograd.grad(none, xs, ones, true, false, false),
                        () -> Autograd.grad(ys, none, ones, true, false, false),
                        () -> Autograd.grad(ys, new NDList(plain), ones, true, false, false),
                        () -> Autograd.grad(ones, xs, ones, true, false, false),
                        () -> Autograd.grad(new NDList(whole), xs, ones, true, false, true),
                        () -> Autograd.grad(ys, new NDList(y.add(y)), ones, true, false, false),
                        () -> Autograd.onGradient(plain, g -> g),
                        () -> Autograd.onGradient(null, g -> g),
                        () -> Autograd.retainGrad(plain),
                        () -> Autograd.retainGrad(null),
                        () -> Autograd.gradient(plain),
                        () -> Autograd.gradient(null),
                        () -> Autograd.requiresGrad(null),
                        () -> Autograd.requiresGrad(m.manager.create("text")));
        for (NDArray upstream : List.of(whole, plain.toType(DataType.FLOAT32, true))) {
            NDList v = new NDList(upstream);
            m.refusedOrRight(() -> Autograd.grad(ys, xs, v, true, false, false).get(0), 6, 16);
        }
        int which = m.random.nextInt(calls.size());
        try {
            m.refused(calls.get(which));
        } catch (AssertionError e) {
            throw new AssertionError("call " + which + ": " + e.getMessage(), e);
        }
    }

    @SuppressWarnings("NullAway")
    private void wrongInputs() {
        List<Supplier<?>> calls =
                List.of(
                        () -> TestFunctions.square().apply((NDArray) null),
                        () -> FuzzFunctions.sum().apply(m.x, null),
                        () -> FuzzFunctions.sum().apply(m.x, m.manager.create("text")),
                        () -> FuzzFunctions.sum().apply(m.x),
                        () -> TestFunctions.square().apply(new NDList()),
                        () -> FuzzFunctions.matMul().apply(m.x.reshape(1, 2), m.x.reshape(1, 2)),
                        () -> TestFunctions.square().apply(m.x.toSparse(SparseFormat.COO)));
        int which = m.random.nextInt(calls.size());
        try {
            Object result = calls.get(which).get();
            throw new AssertionError("call " + which + " is accepted: " + result);
        } catch (IndexOutOfBoundsException e) {
            // Thrown by the function's own forward, and so passed on as it is.
            if (which != 3 && which != 4) {
                throw e;
            }
        } catch (RuntimeException e) {
            m.kinds.check(e);
        }
    }

    private void wrongDirections() {
        NDList at = new NDList(m.manager.create(new double[] {3, 4}));
        NDArray right = m.manager.create(new double[] {1, 2});
        NDList v =
                m.pick(
                        List.of(
                                new NDList(),
                                new NDList(right, right),
                                new NDList(right.sum()),
                                new NDList(m.manager.ones(new Shape(3), DataType.FLOAT64)),
                                new NDList(Arrays.asList((NDArray) null))));
        m.refused(() -> Functional.vjp(TestFunctions.square()::apply, at, v));
        m.refused(() -> Functional.jvp(TestFunctions.square()::apply, at, v));
        m.refused(
                () ->
                        Functional.hvp(
                                in -> new NDList(TestFunctions.square().apply(in).get(0).sum()),
                                at,
                                v));
    }
}
