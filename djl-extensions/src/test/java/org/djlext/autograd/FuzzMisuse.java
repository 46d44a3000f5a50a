/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * What users get wrong. It must end in an exception of a known kind or, where that is allowed, in the
 * right number; afterwards all works as before.
 */
final class FuzzMisuse {

    private final NDManager manager;
    private final Random random;
    private final FuzzKinds kinds;
    private final NDArray x;
    private final Map<String, Runnable> all = new LinkedHashMap<>();

    FuzzMisuse(NDManager manager, Random random, FuzzKinds kinds) {
        this.manager = manager;
        this.random = random;
        this.kinds = kinds;
        x = leaf(3, 4);
        all.put("freedGraph", this::freedGraph);
        all.put("wrongGradients", this::wrongGradients);
        all.put("changedInPlace", this::changedInPlace);
        all.put("sharedOutputInPlace", this::sharedOutputInPlace);
        all.put("closedInput", this::closedInput);
        all.put("thrownInForward", this::thrownInForward);
        all.put("thrownInBackward", this::thrownInBackward);
        all.put("thrownInHook", this::thrownInHook);
        all.put("wrongHook", this::wrongHook);
        all.put("hooksThatComeAndGo", this::hooksThatComeAndGo);
        all.put("wrongForward", this::wrongForward);
        all.put("contextOutOfPlace", this::contextOutOfPlace);
        all.put("wrongArguments", this::wrongArguments);
        all.put("wrongInputs", this::wrongInputs);
        all.put("wrongDirections", this::wrongDirections);
        all.put("reentry", this::reentry);
    }

    /** Misuses something, and returns what. */
    String run() {
        List<String> names = new ArrayList<>(all.keySet());
        names.removeIf(name -> !kinds.has(name));
        if (names.isEmpty()) {
            return "nothing";
        }
        String name = names.get(random.nextInt(names.size()));
        try {
            all.get(name).run();
            if (!Autograd.isRecording()) {
                throw new AssertionError("recording is off");
            }
            NDArray y = FuzzFunctions.square().apply(x).get(0);
            check(grad(y), 6, 8);
        } catch (RuntimeException | Error e) {
            throw new AssertionError("misuse " + name + ": " + e, e);
        }
        return name;
    }

    private NDArray leaf(double... values) {
        NDArray leaf = manager.create(values);
        leaf.setRequiresGradient(true);
        return leaf;
    }

    private NDArray grad(NDArray y) {
        return Autograd.grad(
                        new NDList(y), new NDList(x), new NDList(y.onesLike()), true, false, false)
                .get(0);
    }

    private static void check(NDArray got, double... want) {
        double[] values = got.toDoubleArray();
        if (!Arrays.equals(want, values)) {
            throw new AssertionError(Arrays.toString(values) + " for " + Arrays.toString(want));
        }
    }

    private <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    /** Fails unless the action throws; returns what it has thrown. */
    private Exception refused(Supplier<?> action) {
        Object result;
        try {
            result = action.get();
        } catch (RuntimeException e) {
            kinds.check(e);
            return e;
        }
        throw new AssertionError("accepted, with the result " + result);
    }

    private void freedGraph() {
        NDArray y = FuzzFunctions.square().apply(x).get(0).sum();
        NDArray s = FuzzFunctions.identity().apply(x).get(0).sum();
        check(Autograd.grad(new NDList(y.add(s)), new NDList(x)).get(0), 7, 9);
        refused(() -> grad(y));
        // Nothing had been saved here.
        check(grad(s), 1, 1);
    }

    /** y = x^2 with another rule. */
    private static AutogradFunction rule(BiFunction<FunctionContext, NDList, NDList> backward) {
        return TestFunctions.of(
                (ctx, in) -> {
                    ctx.saveForBackward(in.get(0));
                    return new NDList(in.get(0).mul(in.get(0)));
                },
                backward);
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
        int which = random.nextInt(rules.size());
        NDArray y = rule(rules.get(which)).apply(x).get(0);
        NDArray z = random.nextBoolean() ? y : FuzzFunctions.sum().apply(y, y).get(0);
        try {
            refused(() -> grad(z));
        } catch (AssertionError e) {
            throw new AssertionError("rule " + which + ": " + e.getMessage(), e);
        }
    }

    /** Either is refused, or leaves alone what must not be changed. */
    private void allowed(Supplier<NDArray> action, NDArray unchanged) {
        double[] before = unchanged.toDoubleArray();
        try {
            action.get();
            if (!Arrays.equals(before, unchanged.toDoubleArray())) {
                throw new AssertionError("an array was changed without a word");
            }
        } catch (IllegalArgumentException | IllegalStateException | EngineException e) {
            kinds.check(e);
            if (!Arrays.equals(before, unchanged.toDoubleArray())) {
                try (Autograd.Scope scope = Autograd.noGrad()) {
                    unchanged.subi(unchanged).addi(manager.create(before));
                }
            }
        }
    }

    private void changedInPlace() {
        NDArray h = x.add(x);
        NDArray y = FuzzFunctions.square().apply(h).get(0);
        NDArray kept = pick(List.of(h, h.reshape(1, 2), h.get("0:1")));
        try (Autograd.Scope scope = Autograd.noGrad()) {
            kept.addi(kept);
        }
        refused(() -> grad(y));
        // The identity has saved nothing.
        NDArray g = x.add(x);
        NDArray z = FuzzFunctions.identity().apply(g).get(0);
        try (Autograd.Scope scope = Autograd.noGrad()) {
            g.addi(g);
        }
        check(grad(z), 2, 2);
    }

    private void sharedOutputInPlace() {
        NDArray h = random.nextBoolean() ? x : x.add(x.zerosLike());
        double[] before = x.toDoubleArray();
        NDList y =
                pick(
                                List.of(
                                        FuzzFunctions.identity(),
                                        FuzzFunctions.flat(),
                                        TestFunctions.of(
                                                (ctx, in) -> new NDList(in.get(0), in.get(0)),
                                                (ctx, dy) -> dy)))
                        .apply(h);
        refused(
                () -> {
                    y.get(0).addi(y.get(0).onesLike());
                    return grad(y.get(0));
                });
        try (Autograd.Scope scope = Autograd.noGrad()) {
            x.subi(x).addi(manager.create(before));
        }
    }

    private void closedInput() {
        NDArray h = x.add(x);
        NDArray index = manager.create(new long[] {0, 1});
        if (random.nextBoolean()) {
            // DJL remembers these once they were asked for.
            index.getDataType();
            h.getDataType();
            h.getShape();
        }
        NDArray closed = random.nextBoolean() ? h : index;
        closed.close();
        refused(
                () ->
                        random.nextBoolean()
                                ? FuzzFunctions.sum().apply(x, closed)
                                : FuzzFunctions.sum().apply(closed, x));
        refused(() -> Autograd.onGradient(h.isReleased() ? h : closed, g -> g));
        refused(() -> Autograd.grad(new NDList(closed), new NDList(x)));
        NDArray y = FuzzFunctions.square().apply(x).get(0);
        refused(() -> Autograd.grad(new NDList(y.sum()), new NDList(closed)));
    }

    private RuntimeException thrown() {
        return pick(
                List.of(
                        new FuzzKinds.Thrown("größe"),
                        new FuzzKinds.Thrown("%s %n {} frame"),
                        new IllegalArgumentException("no rule for 3")));
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
        if (refused(() -> f.apply(x)) != mine) {
            throw new AssertionError("another exception");
        }
    }

    private void thrownInBackward() {
        RuntimeException mine = thrown();
        boolean reentrant = random.nextBoolean();
        AutogradFunction f =
                rule(
                        (ctx, dy) -> {
                            if (reentrant) {
                                grad(FuzzFunctions.square().apply(x).get(0));
                            }
                            throw mine;
                        });
        NDArray y = f.apply(FuzzFunctions.sine().apply(x)).get(0);
        NDArray z = FuzzFunctions.product().apply(y, FuzzFunctions.square().apply(x).get(0)).get(0);
        kinds.checkCause(mine, refused(() -> grad(z)));
    }

    private void thrownInHook() {
        RuntimeException mine = thrown();
        NDArray y = FuzzFunctions.square().apply(x).get(0);
        NDArray h = random.nextBoolean() ? x : y;
        try (Autograd.Scope hook =
                Autograd.onGradient(
                        h,
                        g -> {
                            throw mine;
                        })) {
            kinds.checkCause(mine, refused(() -> grad(y)));
        }
        check(grad(y), 6, 8);
    }

    private void wrongHook() {
        NDArray y = FuzzFunctions.square().apply(x).get(0);
        NDArray closed = manager.create(new double[] {1, 2});
        closed.close();
        try (Autograd.Scope hook =
                pick(
                                List.<Supplier<Autograd.Scope>>of(
                                        () -> Autograd.onGradient(y, g -> g.sum()),
                                        () -> Autograd.onGradient(y, g -> closed),
                                        () ->
                                                Autograd.onGradient(
                                                        x, g -> g.toSparse(SparseFormat.COO)),
                                        () ->
                                                Autograd.onGradient(
                                                        x, g -> g.toType(DataType.FLOAT32, true))))
                        .get()) {
            refused(() -> grad(y));
        }
        check(grad(y), 6, 8);
    }

    private void hooksThatComeAndGo() {
        NDArray y = FuzzFunctions.square().apply(x).get(0);
        List<Autograd.Scope> open = new ArrayList<>();
        List<Double> factors = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            if (!open.isEmpty() && random.nextInt(3) == 0) {
                int which = random.nextInt(open.size());
                open.remove(which).close();
                factors.remove(which);
            } else {
                double factor = 1 << random.nextInt(3);
                NDArray array = manager.create(factor);
                open.add(Autograd.onGradient(random.nextBoolean() ? x : y, g -> g.mul(array)));
                factors.add(factor);
            }
        }
        double product = factors.stream().reduce(1.0, (a, b) -> a * b);
        check(grad(y), 6 * product, 8 * product);
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
                            ctx.saveForBackward((NDArray) null);
                            return in;
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
        BiFunction<FunctionContext, NDList, NDList> forward = pick(forwards);
        refused(() -> TestFunctions.of(forward, (ctx, dy) -> dy).apply(x));
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
        NDArray y = f.apply(x).get(0);
        refused(() -> kept[0].savedTensors());
        check(Autograd.grad(new NDList(y.sum()), new NDList(x)).get(0), 6, 8);
        refused(() -> kept[0].savedTensors());
        for (NDArray array : escaped) {
            // Closed, or still what it was; never somebody else's memory.
            allowed(() -> array.add(array), x);
        }
        if (random.nextBoolean()) {
            kept[0].saveForBackward(x);
            kept[0].setMaterializeGrads(false);
            kept[0].markNonDifferentiable(x);
        }
    }

    private void wrongArguments() {
        NDArray y = FuzzFunctions.square().apply(x).get(0);
        NDArray plain = manager.create(new double[] {1, 2});
        NDArray whole = manager.create(new long[] {1, 2});
        NDList ys = new NDList(y);
        NDList xs = new NDList(x);
        NDList ones = new NDList(plain);
        NDList none = new NDList(Arrays.asList((NDArray) null));
        List<Supplier<?>> calls =
                List.of(
                        () -> Autograd.grad(ys, xs),
                        () -> Autograd.grad(ys, new NDList(), ones, true, false, false),
                        () -> Autograd.grad(new NDList(), xs, new NDList(), true, false, false),
                        () -> Autograd.grad(ys, xs, new NDList(), true, false, false),
                        () -> Autograd.grad(ys, xs, new NDList(x, x), true, false, false),
                        () -> Autograd.grad(ys, xs, new NDList(plain.sum()), true, false, false),
                        () -> Autograd.grad(ys, xs, new NDList(whole), true, false, false),
                        () ->
                                Autograd.grad(
                                        ys,
                                        xs,
                                        new NDList(plain.toType(DataType.FLOAT32, true)),
                                        true,
                                        false,
                                        false),
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
                        () -> Autograd.requiresGrad(manager.create("text")));
        int which = random.nextInt(calls.size());
        try {
            refused(calls.get(which));
        } catch (AssertionError e) {
            throw new AssertionError("call " + which + ": " + e.getMessage(), e);
        }
    }

    private void wrongInputs() {
        List<Supplier<?>> calls =
                List.of(
                        () -> FuzzFunctions.square().apply((NDArray) null),
                        () -> FuzzFunctions.sum().apply(x, null),
                        () -> FuzzFunctions.sum().apply(x, manager.create("text")),
                        () -> FuzzFunctions.sum().apply(x),
                        () -> FuzzFunctions.square().apply(new NDList()),
                        () -> FuzzFunctions.matMul().apply(x.reshape(1, 2), x.reshape(1, 2)),
                        () -> FuzzFunctions.square().apply(x.toSparse(SparseFormat.COO)));
        int which = random.nextInt(calls.size());
        try {
            calls.get(which).get();
        } catch (IndexOutOfBoundsException e) {
            // Thrown by the function's own forward, and so passed on as it is.
            if (which != 3 && which != 4) {
                throw e;
            }
        } catch (RuntimeException e) {
            kinds.check(e);
        }
    }

    private void wrongDirections() {
        NDList at = new NDList(manager.create(new double[] {3, 4}));
        NDArray right = manager.create(new double[] {1, 2});
        NDList v =
                pick(
                        List.of(
                                new NDList(),
                                new NDList(right, right),
                                new NDList(right.sum()),
                                new NDList(right.toType(DataType.FLOAT32, true)),
                                new NDList(manager.ones(new Shape(3), DataType.FLOAT64)),
                                new NDList(Arrays.asList((NDArray) null))));
        refused(() -> Functional.vjp(FuzzFunctions.square()::apply, at, v));
        refused(() -> Functional.jvp(FuzzFunctions.square()::apply, at, v));
        refused(
                () ->
                        Functional.hvp(
                                in -> new NDList(FuzzFunctions.square().apply(in).get(0).sum()),
                                at,
                                v));
    }

    /** A rule that runs a pass through its own kept node, some levels deep. */
    private void reentry() {
        int levels = 1 + random.nextInt(random.nextInt(10) == 0 ? 80 : 14);
        int[] depth = {0};
        NDArray[] y = new NDArray[1];
        AutogradFunction f =
                rule(
                        (ctx, dy) -> {
                            if (depth[0]++ < levels) {
                                return new NDList(grad(y[0]).mul(dy.get(0)));
                            }
                            NDArray s = ctx.savedTensors().get(0);
                            return new NDList(s.add(s).mul(dy.get(0)));
                        });
        y[0] = f.apply(x).get(0);
        check(grad(y[0]), 6, 8);
    }
}
