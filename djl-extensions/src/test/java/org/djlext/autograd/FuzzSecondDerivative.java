/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.Collections;
import java.util.function.Supplier;

/** The second derivatives of a graph with custom functions against those of the engine's. */
record FuzzSecondDerivative(
        FuzzGraph plain, FuzzGraph custom, NDArray upstream, Supplier<NDArray> one) {

    /**
     * Fails unless they are the same, or may be refused.
     *
     * @param want the first derivatives
     * @param between what happens between the first and the second pass
     */
    void check(NDList want, Runnable between) {
        if (custom.second() == FuzzOp.Second.ANOTHER) {
            return;
        }
        NDList first = plain.grad(plain.leaves, one.get(), true, true);
        NDList wantTwice = second(first, plain.leaves);
        NDList got;
        try {
            NDList g = custom.grad(custom.leaves, upstream, true, true);
            FuzzGraph.assertGradients("recorded grad", want, g);
            between.run();
            got = second(g, custom.leaves);
        } catch (EngineException | IllegalStateException e) {
            if (custom.second() == FuzzOp.Second.RIGHT) {
                throw e;
            }
            return;
        }
        FuzzGraph.assertGradients("second derivative", wantTwice, got);
    }

    /** The gradients of a weighted sum of gradients, null for none. */
    private NDList second(NDList gradients, NDList leaves) {
        NDList roots = new NDList();
        NDList weights = new NDList();
        for (int i = 0; i < gradients.size(); i++) {
            NDArray g = gradients.get(i);
            if (g != null && Autograd.requiresGrad(g)) {
                roots.add(g);
                weights.add(g.getManager().full(g.getShape(), i + 1, g.getDataType()));
            }
        }
        return roots.isEmpty()
                ? new NDList(Collections.nCopies(leaves.size(), (NDArray) null))
                : Autograd.grad(roots, leaves, weights, true, false, true);
    }

    /**
     * Fails unless v^T J is the first derivative, and J u its product with u.
     *
     * @param want the first derivatives, for v
     */
    void checkProducts(NDList want) {
        if (custom.second() != FuzzOp.Second.RIGHT || custom.rounds()) {
            return;
        }
        NDList at = new NDList();
        NDList along = new NDList();
        NDArray sum = one.get().zerosLike();
        for (int i = 0; i < want.size(); i++) {
            NDArray leaf = custom.leaves.get(i).stopGradient();
            at.add(leaf);
            along.add(leaf.getManager().create(leaf.toDoubleArray(), leaf.getShape()));
            if (want.get(i) != null) {
                sum = sum.add(want.get(i).mul(along.get(i)).sum());
            }
        }
        Functional.Product vjp = Functional.vjp(custom::again, at, new NDList(upstream));
        FuzzGraph.assertGradients("vjp", want, vjp.product());
        Functional.Product jvp = Functional.jvp(custom::again, at, along);
        FuzzGraph.assertClose("jvp", sum, jvp.product().get(0).mul(one.get()));
    }
}
