/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.djlext.testing.Threads;
import org.jspecify.annotations.Nullable;

/** One random graph: its gradients, got in several random ways, are the engine's. */
final class FuzzCase {

    private record Action(String name, Runnable body) {}

    private final List<Action> actions =
            List.of(
                    new Action("grad", () -> byGrad(true)),
                    new Action("backward", () -> byBackward(true)),
                    new Action("twice", this::twice),
                    new Action("by an intermediate", this::byAnIntermediate),
                    new Action("in threads", this::inThreads),
                    new Action("in a scope", this::inAScope),
                    new Action("by one leaf", this::byOneLeaf),
                    new Action("with a failure", this::withAFailure),
                    new Action("with a hook", this::withAHook),
                    new Action("products", this::products),
                    new Action("while anomaly is detected", this::whileAnomalyIsDetected),
                    new Action("closed early", this::closedEarly)); // the last
    private final List<String> done = new ArrayList<>();
    private final NDManager manager;
    private final Random random;
    private final boolean alone;
    private final FuzzGraph plain;
    private final FuzzGraph custom;
    private final NDList want;
    private final double[] upstream;

    private FuzzCase(NDManager manager, Random random, List<FuzzOp> ops, boolean alone) {
        this.manager = manager;
        this.random = random;
        this.alone = alone;
        plain = FuzzGraph.draw(manager, random, ops);
        custom = plain.custom();
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
     * Runs some actions, drawn at random.
     *
     * @param random where everything is drawn from
     * @param ops the operations
     * @param alone false if other cases run at the same time
     * @return what it was
     */
    static String run(Random random, List<FuzzOp> ops, boolean alone) {
        return run(random, ops, alone, FuzzCase::check);
    }

    /** Runs all actions on a graph of one operation. */
    static String runAll(Random random, FuzzOp op) {
        return run(random, List.of(op), true, c -> c.actions.forEach(c::act));
    }

    private static String run(
            Random random, List<FuzzOp> ops, boolean alone, Consumer<FuzzCase> check) {
        try (NDManager manager = NDManager.newBaseManager();
                Autograd.Scope recording = Autograd.enableGrad()) {
            FuzzCase c = new FuzzCase(manager, random, ops, alone);
            try {
                FuzzGraph.assertClose("the value", c.plain.loss, c.custom.loss);
                if (c.flows()) {
                    check.accept(c);
                }
                return c.toString();
            } catch (RuntimeException | Error e) {
                throw new AssertionError(e.getMessage() + " in " + c, e);
            }
        }
    }

    @Override
    public String toString() {
        return "the graph of " + custom + "; " + String.join(", ", done);
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

    /** Whether gradients flow, which they must in both forms or in none. */
    private boolean flows() {
        boolean wanted = Autograd.requiresGrad(plain.loss);
        boolean given = Autograd.requiresGrad(custom.loss);
        assertTrue(given || !wanted, "no gradient flows to the loss");
        if (given && !wanted) {
            byGrad(false); // a rule that has nothing to say of its only input: all are none
        }
        return wanted;
    }

    private void check() {
        for (int passes = random.nextInt(4); passes > 0; passes--) {
            maybeCollectGarbage();
            act(actions.get(random.nextInt(actions.size())));
        }
        if (random.nextInt(10) == 0) {
            act(new Action("change in place", this::changedInPlace));
            return;
        }
        maybeCollectGarbage();
        act(
                random.nextBoolean()
                        ? new Action("last grad", () -> byGrad(false))
                        : new Action("last backward", () -> byBackward(false)));
        if (random.nextInt(3) == 0) {
            act(new Action("after the graph was freed", this::rightOrRefused));
        }
    }

    private void act(Action action) {
        done.add(action.name);
        action.body.run();
    }

    private void maybeCollectGarbage() {
        if (random.nextInt(alone ? 60 : 400) == 0) {
            Garbage.overwrite();
        }
    }

    private void byGrad(boolean keep) {
        FuzzGraph.assertGradients(
                "grad", want, custom.grad(custom.leaves, upstream(), keep, false));
    }

    /** The upstream gradient; often one that is closed after use. */
    private NDArray upstream() {
        return random.nextBoolean() ? manager.create(upstream).reshape() : one();
    }

    private void byBackward(boolean keep) {
        custom.leaves.forEach(Autograd::clearGradient);
        NDList loss = new NDList(custom.loss);
        NDList by = random.nextBoolean() ? custom.leaves : null;
        if (alone && !keep && upstream[0] == 1) {
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                collector.backward(custom.loss);
            }
        } else if (random.nextBoolean()) {
            Autograd.backward(loss, new NDList(upstream()), keep, false, by);
        } else {
            JniUtils.backward((PtNDArray) custom.loss, (PtNDArray) one(), keep, false);
        }
        maybeCollectGarbage();
        NDList got = new NDList();
        custom.leaves.forEach(leaf -> got.add(stored(leaf)));
        FuzzGraph.assertGradients("backward", want, got);
    }

    private void byOneLeaf() {
        int i = random.nextInt(custom.leaves.size());
        FuzzGraph.assertGradients(
                "grad by leaf " + i,
                new NDList(Arrays.asList(want.get(i))),
                custom.grad(custom.leaves.get(i), upstream()));
    }

    private void withAFailure() {
        if (!custom.has("fuse")) {
            return;
        }
        RuntimeException mine = new IllegalStateException("in the middle");
        FuzzFunctions.ARMED.set(mine);
        try {
            byGrad(true); // right, if the loss does not depend on it
        } catch (EngineException e) {
            GraphTestBase.assertCausedBy(mine, e);
        } finally {
            FuzzFunctions.ARMED.remove();
        }
        byGrad(true);
    }

    private void products() {
        // What is retained of a recorded pass refers to itself, in the engine as here.
        if (!custom.has("retainGrad")) {
            new FuzzSecondDerivative(plain, custom, upstream(), this::one).checkProducts(want);
        }
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
        int i = FuzzGraph.common(plain, custom, random);
        if (i < 0) {
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
        FuzzGraph.assertGradients("the gradient in a hook on intermediate " + i, byPlain(i), seen);
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
        rightOrRefused();
    }

    private NDList byPlain(int i) {
        NDList wanted = plain.grad(plain.intermediates.get(i), one());
        if (wanted.get(0) != null && custom.isHooked(i)) {
            wanted.get(0).muli(manager.create(FuzzOp.HOOK));
        }
        return wanted;
    }

    private void byAnIntermediate() {
        int i = FuzzGraph.common(plain, custom, random);
        if (i < 0) {
            return;
        }
        FuzzGraph.assertGradients(
                "grad by intermediate " + i,
                byPlain(i),
                custom.grad(custom.intermediates.get(i), upstream()));
    }

    private void twice() {
        if (!custom.has("retainGrad")) {
            new FuzzSecondDerivative(plain, custom, upstream(), this::one)
                    .check(want, this::maybeCollectGarbage);
        }
    }

    private void inThreads() {
        if (!alone) {
            return;
        }
        int threads = 2 + random.nextInt(11);
        Threads.run(
                threads,
                t -> {
                    try (NDManager own = NDManager.newBaseManager()) {
                        NDArray u = own.create(upstream).reshape().duplicate();
                        NDList got = custom.grad(custom.leaves, u, true, false);
                        FuzzGraph.assertGradients("grad in thread " + t, want, got);
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

    private void rightOrRefused() {
        try {
            byGrad(false);
        } catch (EngineException | IllegalStateException e) {
            GraphTestBase.assertNoTraceOfCpp(e);
        }
    }
}
