/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** One random graph: its gradients, got in several random ways, are the engine's. */
final class FuzzCase {

    private static final double TOLERANCE = 1e-9;

    private final NDManager manager;
    private final Random random;
    private final FuzzKinds kinds;
    private final boolean alone;
    private final FuzzGraph plain;
    private final FuzzGraph custom;
    private final NDList want;
    private final double[] upstream;

    private FuzzCase(NDManager manager, Random random, FuzzKinds kinds, boolean alone) {
        this.manager = manager;
        this.random = random;
        this.kinds = kinds;
        this.alone = alone;
        List<FuzzOp> ops = FuzzOp.ALL.stream().filter(op -> kinds.has(op.name())).toList();
        FuzzGraph plan = FuzzGraph.plan(manager, random, ops);
        plain = plan.plain();
        custom = plan.custom();
        upstream = new double[] {random.nextInt(3) == 0 ? 1 : 0.5 + random.nextDouble()};
        want = new NDList();
        if (Autograd.requiresGrad(plain.loss)) {
            JniUtils.backward((PtNDArray) plain.loss, (PtNDArray) one(), true, false);
        }
        for (NDArray leaf : plain.leaves) {
            want.add(stored(leaf));
        }
    }

    /**
     * Runs a case.
     *
     * @param random where everything is drawn from
     * @param kinds what may occur
     * @param alone false if other cases run at the same time
     * @return what it was
     */
    static String run(Random random, FuzzKinds kinds, boolean alone) {
        try (NDManager manager = NDManager.newBaseManager();
                Autograd.Scope recording = Autograd.enableGrad()) {
            FuzzCase c = new FuzzCase(manager, random, kinds, alone);
            try {
                c.check();
                return "the graph of " + c.custom;
            } catch (RuntimeException | Error e) {
                throw new AssertionError("in the graph of " + c.custom + ": " + e, e);
            }
        }
    }

    private static @Nullable NDArray stored(NDArray leaf) {
        try (Autograd.Scope scope = Autograd.noGrad()) {
            return Autograd.gradient(leaf).duplicate();
        } catch (IllegalStateException e) {
            return null;
        }
    }

    private NDArray one() {
        return manager.create(upstream).reshape().duplicate();
    }

    private void check() {
        assertClose("the value", plain.loss, custom.loss);
        if (!Autograd.requiresGrad(plain.loss) || !Autograd.requiresGrad(custom.loss)) {
            if (Autograd.requiresGrad(plain.loss)) {
                throw new AssertionError("no gradient flows to the loss");
            }
            if (Autograd.requiresGrad(custom.loss)) {
                byGrad(false); // a rule that has nothing to say of its only input: all are none
            }
            return;
        }
        for (int passes = random.nextInt(4); passes > 0; passes--) {
            maybeCollectGarbage();
            switch (random.nextInt(8)) {
                case 0 -> byBackward(true);
                case 1 -> twice();
                case 2 -> byAnIntermediate();
                case 3 -> inThreads();
                case 4 -> closedEarly();
                case 5 -> inAScope();
                case 6 -> byOneLeaf();
                default -> byGrad(true);
            }
        }
        maybeCollectGarbage();
        if (random.nextBoolean()) {
            byGrad(false);
        } else {
            byBackward(false);
        }
        if (random.nextInt(3) == 0) {
            afterTheGraphWasFreed();
        }
    }

    private void maybeCollectGarbage() {
        if (kinds.has("gc") && random.nextInt(alone ? 60 : 400) == 0) {
            Garbage.overwrite();
        }
    }

    private void byGrad(boolean keep) {
        NDList got =
                Autograd.grad(
                        new NDList(custom.loss), custom.leaves, upstream(), keep, false, true);
        assertGradients("grad", want, got);
    }

    /** The upstream gradient; often one that is closed after use. */
    private NDList upstream() {
        return new NDList(
                kinds.has("javaUpstream") && random.nextBoolean()
                        ? manager.create(upstream).reshape()
                        : one());
    }

    private void byBackward(boolean keep) {
        clearGradients();
        if (alone && !keep && upstream[0] == 1) {
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                collector.backward(custom.loss);
            }
        } else {
            JniUtils.backward((PtNDArray) custom.loss, (PtNDArray) one(), keep, false);
        }
        NDList got = new NDList();
        custom.leaves.forEach(leaf -> got.add(stored(leaf)));
        assertGradients("backward", want, got);
    }

    private void clearGradients() {
        for (NDArray leaf : custom.leaves) {
            if (stored(leaf) != null) {
                JniUtils.zeroGrad((PtNDArray) leaf);
            }
        }
    }

    private void byOneLeaf() {
        int i = random.nextInt(custom.leaves.size());
        NDList by = new NDList(custom.leaves.get(i));
        NDList got = Autograd.grad(new NDList(custom.loss), by, upstream(), true, false, true);
        assertGradients("grad by leaf " + i, new NDList(java.util.Arrays.asList(want.get(i))), got);
    }

    private void byAnIntermediate() {
        if (custom.intermediates.isEmpty()) {
            return;
        }
        int i = random.nextInt(custom.intermediates.size());
        NDArray y = custom.intermediates.get(i);
        NDArray p = plain.intermediates.get(i);
        // Where the engine's form returns what came in, this is no other array there.
        boolean other =
                FuzzGraph.indexOf(plain.intermediates, p) == i
                        && FuzzGraph.indexOf(plain.leaves, p) < 0;
        if (!other || !Autograd.requiresGrad(y)) {
            return;
        }
        NDList loss = new NDList(plain.loss);
        NDList wanted =
                Autograd.grad(loss, new NDList(p), new NDList(one()), true, false, true);
        if (wanted.get(0) != null && custom.isHooked(i)) {
            wanted.get(0).muli(manager.create(FuzzOp.HOOK));
        }
        assertGradients(
                "grad by intermediate " + i,
                wanted,
                Autograd.grad(
                        new NDList(custom.loss), new NDList(y), upstream(), true, false, true));
    }

    private void twice() {
        Boolean must = custom.mustDifferentiateTwice();
        if (must == null || !kinds.has("twice")) {
            return;
        }
        NDList first =
                Autograd.grad(
                        new NDList(plain.loss), plain.leaves, new NDList(one()), true, true, true);
        NDArray sum = weighted(first);
        NDList wantTwice = second(sum, plain.leaves);
        NDList got;
        try {
            NDList g =
                    Autograd.grad(
                            new NDList(custom.loss), custom.leaves, upstream(), true, true, true);
            assertGradients("recorded grad", want, g);
            maybeCollectGarbage();
            got = second(weighted(g), custom.leaves);
        } catch (EngineException | IllegalStateException e) {
            if (must) {
                throw e;
            }
            return;
        }
        // Zero and none are the same to a rule that is not linear in all.
        assertGradients("second derivative", wantTwice, got);
    }

    private @Nullable NDArray weighted(NDList gradients) {
        NDArray sum = null;
        for (int i = 0; i < gradients.size(); i++) {
            if (gradients.get(i) != null && Autograd.requiresGrad(gradients.get(i))) {
                NDArray weight =
                        manager.full(gradients.get(i).getShape(), i + 1, gradients.get(i).getDataType());
                NDArray term = gradients.get(i).mul(weight).sum();
                sum = sum == null ? term : sum.add(term);
            }
        }
        return sum;
    }

    private NDList second(@Nullable NDArray sum, NDList leaves) {
        if (sum == null) {
            NDList zeros = new NDList();
            leaves.forEach(leaf -> zeros.add(leaf.zerosLike()));
            return zeros;
        }
        NDList got = Autograd.grad(new NDList(sum), leaves, new NDList(one()), true, false, true);
        for (int i = 0; i < got.size(); i++) {
            if (got.get(i) == null) {
                got.set(i, leaves.get(i).zerosLike());
            }
        }
        return got;
    }

    private void inThreads() {
        if (!alone || !kinds.has("threads")) {
            return;
        }
        int threads = 2 + random.nextInt(kinds.has("manyThreads") ? 11 : 2);
        Threads.run(
                threads,
                t -> {
                    try (NDManager own = NDManager.newBaseManager()) {
                        NDArray u = own.create(upstream).reshape().duplicate();
                        NDList got =
                                Autograd.grad(
                                        new NDList(custom.loss),
                                        custom.leaves,
                                        new NDList(u),
                                        true,
                                        false,
                                        true);
                        assertGradients("grad in thread " + t, want, got);
                    }
                });
    }

    private void closedEarly() {
        custom.closeIntermediates();
        maybeCollectGarbage();
        byGrad(true);
    }

    private void inAScope() {
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            byGrad(true);
        }
    }

    /** A second pass is refused, or right where nothing had been saved. */
    private void afterTheGraphWasFreed() {
        try {
            byGrad(false);
        } catch (EngineException | IllegalStateException e) {
            kinds.check(e);
        }
    }

    private void assertGradients(String what, NDList wanted, NDList got) {
        if (wanted.size() != got.size()) {
            throw new AssertionError(what + ": " + got.size() + " for " + wanted.size());
        }
        for (int i = 0; i < got.size(); i++) {
            // None is zero: a rule may have been given zeros for none.
            NDArray w = wanted.get(i) == null ? zeros(got.get(i)) : wanted.get(i);
            NDArray g = got.get(i) == null ? zeros(wanted.get(i)) : got.get(i);
            if (w != null) {
                assertClose(what + ", leaf " + i, w, g);
            }
        }
    }

    private static @Nullable NDArray zeros(@Nullable NDArray like) {
        return like == null ? null : like.zerosLike();
    }

    private static void assertClose(String what, NDArray want, NDArray got) {
        double[] w = want.toDoubleArray();
        double[] g = got.toDoubleArray();
        double scale = 1;
        for (double value : w) {
            scale = Math.max(scale, Math.abs(value));
        }
        boolean same = want.getShape().equals(got.getShape());
        for (int i = 0; same && i < w.length; i++) {
            same = Double.compare(w[i], g[i]) == 0 || Math.abs(w[i] - g[i]) <= TOLERANCE * scale;
        }
        if (!same) {
            throw new AssertionError(
                    what
                            + " is "
                            + java.util.Arrays.toString(g)
                            + ", but must be "
                            + java.util.Arrays.toString(w));
        }
    }
}
