/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.autograd;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The second derivatives of a graph with custom functions against those of the engine's. */
final class FuzzSecondDerivative {

    private final FuzzGraph plain;
    private final FuzzGraph custom;
    private final NDArray upstream;
    private final Supplier<NDArray> one;

    FuzzSecondDerivative(
            FuzzGraph plain, FuzzGraph custom, NDArray upstream, Supplier<NDArray> one) {
        this.plain = plain;
        this.custom = custom;
        this.upstream = upstream;
        this.one = one;
    }

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
        NDArray sum = weighted(first);
        NDList wantTwice = second(sum, plain.leaves);
        NDList got;
        try {
            NDList g = custom.grad(custom.leaves, upstream, true, true);
            FuzzComparison.assertGradients("recorded grad", want, g);
            between.run();
            got = second(weighted(g), custom.leaves);
        } catch (EngineException | IllegalStateException e) {
            if (custom.second() == FuzzOp.Second.RIGHT) {
                throw e;
            }
            return;
        }
        FuzzComparison.assertGradients("second derivative", wantTwice, got);
    }

    private static @Nullable NDArray weighted(NDList gradients) {
        NDArray sum = null;
        for (int i = 0; i < gradients.size(); i++) {
            if (gradients.get(i) != null && Autograd.requiresGrad(gradients.get(i))) {
                NDArray g = gradients.get(i);
                NDArray weight = g.getManager().full(g.getShape(), i + 1, g.getDataType());
                NDArray term = g.mul(weight).sum();
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
        NDList got =
                Autograd.grad(new NDList(sum), leaves, new NDList(one.get()), true, false, true);
        for (int i = 0; i < got.size(); i++) {
            if (got.get(i) == null) {
                got.set(i, leaves.get(i).zerosLike());
            }
        }
        return got;
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
        FuzzComparison.assertGradients("vjp", want, vjp.product());
        Functional.Product jvp = Functional.jvp(custom::again, at, along);
        FuzzComparison.assertClose("jvp", sum, jvp.product().get(0).mul(one.get()));
    }
}
