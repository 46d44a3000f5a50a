/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.List;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;

/**
 * Dropout: each element is set to 0 with probability p, and the others are scaled up so that the
 * expectation stays.
 *
 * <pre>
 * keep = u &gt;= p,   u uniform in [0, 1)
 * y    = keep x / (1 - p)
 * dx   = keep dy / (1 - p)
 * </pre>
 *
 * <p>Derivation. y is x times a constant, keep / (1 - p), which is the same in backward because it
 * is saved, a byte an element.
 *
 * <p>u comes from the engine's generator, in float32 whatever the type of x: after the same {@code
 * Engine.setRandomSeed} the same elements are dropped. In evaluation, and with p = 0, nothing is
 * drawn and y is x.
 *
 * <p>Input: x of any shape. Output: y of the same.
 *
 * @see <a href="https://jmlr.org/papers/v15/srivastava14a.html">Srivastava et al., 2014</a>
 */
public final class DropoutFunction extends AutogradFunction {

    private final double p;
    private final boolean training;

    /**
     * Creates the operation.
     *
     * @param p the probability that an element is set to 0, from 0 to 1
     * @param training whether to drop; false for the identity
     */
    public DropoutFunction(double p, boolean training) {
        if (!(p >= 0 && p <= 1)) {
            throw new IllegalArgumentException(
                    "dropout takes a probability from 0 to 1, but got " + p);
        }
        this.p = p;
        this.training = training;
    }

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        NDArray x = inputs.get(0);
        if (isIdentity()) {
            return new NDList(x);
        }
        NDManager manager = x.getManager();
        NDArray u = manager.randomUniform(0, 1, x.getShape(), DataType.FLOAT32, x.getDevice());
        NDArray keep = u.gte(p);
        ctx.saveForBackward(keep);
        return new NDList(x.mul(keep).muli(scale()));
    }

    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        NDArray dy = gradOutputs.get(0);
        if (isIdentity()) {
            return new NDList(dy);
        }
        NDArray keep = ctx.savedTensors().get(0);
        return new NDList(dy.mul(keep).mul(scale()));
    }

    @Override
    protected NDList jvp(FunctionContext ctx, NDList tangents) {
        return backward(ctx, tangents); // element by element, J is its own transpose
    }

    private boolean isIdentity() {
        return !training || p == 0;
    }

    // With p = 1 nothing is kept, and 0 times infinity would be NaN.
    private double scale() {
        return p == 1 ? 0 : 1 / (1 - p);
    }

    @Override
    protected List<String> inputNames() {
        return List.of("x");
    }
}
