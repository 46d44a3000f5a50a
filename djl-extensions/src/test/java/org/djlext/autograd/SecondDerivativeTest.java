/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import static org.djlext.testing.Failures.assertFailsSaying;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import org.djlext.testing.Threads;
import org.junit.jupiter.api.Test;

/** Backward passes through backward passes: nothing cuts them off, or it is refused. */
class SecondDerivativeTest extends GraphTestBase {

    @Test
    void differentiatesThrice() {
        NDArray x = leaf(1, 2, -3);
        NDArray first = grad(TestFunctions.cube().apply(x), x, true);
        assertValues(first, 3, 12, 27);
        NDArray second = grad(first, x, true);
        assertValues(second, 6, 12, -18);
        assertValues(grad(second, x), 6, 6, 6);
    }

    @Test
    void savedOutputsAreDifferentiatedThrough() {
        NDArray x = leaf(1, 2);
        NDArray y = TestFunctions.byOutput(NDArray::exp, (e, de) -> de.mul(e)).apply(x);
        for (int order = 1; order <= 4; order++) {
            y = grad(y, x, true);
            assertValues(y, Math.E, Math.exp(2));
        }
    }

    @Test
    void savedIntermediatesRefuseASecondDerivativeThatReachesThem() {
        AutogradFunction exp =
                TestFunctions.of(
                        (ctx, in) -> {
                            ctx.saveForBackward(in.get(0).exp());
                            return new NDList(in.get(0).exp());
                        },
                        (ctx, dy) -> new NDList(dy.get(0).mul(ctx.saved(0))));
        NDArray x = leaf(1);
        NDArray w = leaf(3);
        NDArray dx = grad(exp.apply(x).mul(w), x, true);
        // d (w e^x) / dw does not go through what was saved.
        assertValues(grad(dx, w), Math.E);
        assertFailsSaying(
                EngineException.class,
                () -> grad(dx, x),
                "LambdaFunction: a saved tensor is neither an input nor an output");
    }

    @Test
    void onceDifferentiableSaysSo() {
        AutogradFunction once = TestFunctions.once(x -> x.mul(2), dy -> dy.mul(2));
        NDArray x = leaf(1, 2);
        NDArray y = once.apply(x);
        NDArray loss = grad(y, x, true).mul(x);
        assertFailsSaying(EngineException.class, () -> grad(loss, x), "can be differentiated once");
        assertValues(grad(y, x), 2, 2);
    }

    /** DJL makes a number an array in memory of Java's, which the graph of a graph must hold. */
    @Test
    void numbersInBackwardAndInHooksAreDifferentiatedThrough() {
        NDArray x = leaf(1, 2);
        NDArray h = TestFunctions.cube().apply(x); // by a rule with a number in it
        Autograd.onGradient(h, g -> g.mul(manager.create(new double[] {5, 5})));
        NDArray dx = grad(h.sum(), x, true);
        assertValues(dx, 15, 60);
        assertValues(grad(dx.sum().add(x.square().sum()), x), 32, 64);
    }

    /** x w^2 by a rule that takes its inputs off the list that it gets. */
    @Test
    void forwardThatEmptiesItsListOfInputs() {
        AutogradFunction f =
                TestFunctions.of(
                        (ctx, in) -> {
                            NDArray x = in.remove(0);
                            NDArray w = in.remove(0);
                            ctx.saveForBackward(x, w);
                            return new NDList(x.mul(w).mul(w));
                        },
                        (ctx, dy) -> {
                            NDArray w = ctx.saved(1);
                            NDArray xw = ctx.saved(0).mul(w);
                            return new NDList(dy.get(0).mul(w).mul(w), dy.get(0).mul(xw.add(xw)));
                        });
        NDArray x = leaf(3);
        NDArray w = leaf(5);
        NDArray dx = grad(f.apply(x, w), x, true);
        assertValues(dx, 25);
        assertValues(grad(dx, w), 10);
    }

    /** y = e^x by its own value, which the rule gets in another thread. */
    private static AutogradFunction inAnotherThread() {
        return TestFunctions.of(
                (ctx, in) -> {
                    NDArray y = in.get(0).exp();
                    ctx.saveForBackward(y);
                    return new NDList(y);
                },
                (ctx, dy) -> {
                    NDList saved = new NDList();
                    Threads.run(1, t -> saved.addAll(ctx.savedTensors()));
                    return new NDList(dy.get(0).mul(saved.get(0)));
                });
    }

    /** Grad mode is on in every thread, but the engine's node belongs to one. */
    @Test
    void savedArraysInAnotherThread() {
        NDArray x = leaf(1);
        NDArray y = inAnotherThread().apply(x);
        assertValues(grad(y, x), Math.E);
        assertFailsSaying(
                EngineException.class,
                () -> grad(y, x, true),
                "savedTensors in a pass with createGraph is for the thread that runs backward");
    }
}
