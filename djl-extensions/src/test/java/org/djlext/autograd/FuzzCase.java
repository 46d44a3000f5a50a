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
        FuzzComparison.assertClose("the value", plain.loss, custom.loss);
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
            switch (random.nextInt(11)) {
                case 0 -> byBackward(true);
                case 1 -> twice();
                case 2 -> byAnIntermediate();
                case 3 -> inThreads();
                case 4 -> closedEarly();
                case 5 -> inAScope();
                case 6 -> byOneLeaf();
                case 7 -> withAFailure();
                case 8 -> withAHook();
                case 9 -> whileAnomalyIsDetected();
                default -> byGrad(true);
            }
        }
        if (kinds.has("changed") && random.nextInt(10) == 0) {
            changedInPlace();
            return;
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
        FuzzComparison.assertGradients("grad", want, got);
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
        FuzzComparison.assertGradients("backward", want, got);
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
        FuzzComparison.assertGradients("grad by leaf " + i, new NDList(java.util.Arrays.asList(want.get(i))), got);
    }

    private void withAFailure() {
        if (!custom.hasFuse()) {
            return;
        }
        RuntimeException mine = new FuzzKinds.Thrown("in the middle");
        FuzzFunctions.ARMED.set(mine);
        try {
            byGrad(true); // right, if the loss does not depend on it
        } catch (EngineException e) {
            kinds.checkCause(mine, e);
        } finally {
            FuzzFunctions.ARMED.remove();
        }
        byGrad(true);
    }

    private void whileAnomalyIsDetected() {
        if (alone) { // it is for the whole process
            try (Autograd.Scope anomaly = Autograd.detectAnomaly()) {
                byGrad(true);
            }
        }
    }

    /** A hook sees what the engine says is the gradient there, once. */
    private void withAHook() {
        int i = intermediate();
        if (i < 0 || !kinds.has("hook")) {
            return;
        }
        NDList seen = new NDList();
        try (Autograd.Scope hook =
                Autograd.onGradient(
                        custom.intermediates.get(i),
                        g -> {
                            NDArray copy = g.duplicate();
                            copy.attach(manager);
                            seen.add(copy);
                            return null;
                        })) {
            byGrad(true);
        }
        byGrad(true);
        if (seen.isEmpty()) {
            seen.add(null);
        }
        FuzzComparison.assertGradients("the gradient in a hook on intermediate " + i, byPlain(i), seen);
    }

    /** What was saved is refused; what was not is of no account. */
    private void changedInPlace() {
        if (custom.intermediates.isEmpty()) {
            return;
        }
        int i = random.nextInt(custom.intermediates.size());
        try (Autograd.Scope scope = Autograd.noGrad()) {
            NDArray y = custom.intermediates.get(i);
            y.addi(y.onesLike());
        }
        try {
            byGrad(false);
        } catch (EngineException | IllegalStateException e) {
            kinds.check(e);
        }
    }

    /** The place of an intermediate that both forms have, or -1. */
    private int intermediate() {
        if (custom.intermediates.isEmpty()) {
            return -1;
        }
        int i = random.nextInt(custom.intermediates.size());
        NDArray p = plain.intermediates.get(i);
        // Where the engine's form returns what came in, this is no other array there.
        boolean other =
                FuzzGraph.indexOf(plain.intermediates, p) == i
                        && FuzzGraph.indexOf(plain.leaves, p) < 0;
        boolean both =
                Autograd.requiresGrad(p) && Autograd.requiresGrad(custom.intermediates.get(i));
        return other && both ? i : -1;
    }

    private NDList byPlain(int i) {
        NDList wanted =
                Autograd.grad(
                        new NDList(plain.loss),
                        new NDList(plain.intermediates.get(i)),
                        new NDList(one()),
                        true,
                        false,
                        true);
        if (wanted.get(0) != null && custom.isHooked(i)) {
            wanted.get(0).muli(manager.create(FuzzOp.HOOK));
        }
        return wanted;
    }

    private void byAnIntermediate() {
        int i = intermediate();
        if (i < 0) {
            return;
        }
        NDArray y = custom.intermediates.get(i);
        FuzzComparison.assertGradients(
                "grad by intermediate " + i,
                byPlain(i),
                Autograd.grad(
                        new NDList(custom.loss), new NDList(y), upstream(), true, false, true));
    }

    private void twice() {
        if (kinds.has("twice")) {
            new FuzzSecondDerivative(plain, custom, upstream(), this::one)
                    .check(want, this::maybeCollectGarbage);
        }
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
                        FuzzComparison.assertGradients("grad in thread " + t, want, got);
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
}
