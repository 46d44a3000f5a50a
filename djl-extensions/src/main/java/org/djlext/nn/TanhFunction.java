/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.List;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;

/**
 * Hyperbolic tangent, element by element.
 *
 * <pre>
 * h  = tanh(x) = (e^2x - 1) / (e^2x + 1)
 * dx = (1 - h^2) dh
 * </pre>
 *
 * <p>Derivation. With u = e^2x and du/dx = 2u, dh/dx = 2u ((u + 1) - (u - 1)) / (u + 1)^2 = 4u / (u
 * + 1)^2, and that is 1 - ((u - 1) / (u + 1))^2.
 *
 * <p>As in the lecture, h is kept, and not x.
 *
 * <p>Input: x of any shape. Output: h of the same.
 */
public final class TanhFunction extends AutogradFunction {

    /** Creates the operation. */
    public TanhFunction() {}

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        NDArray h = inputs.get(0).tanh();
        ctx.saveForBackward(h);
        return new NDList(h);
    }

    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        NDArray dh = gradOutputs.get(0);
        NDArray h = ctx.savedTensors().get(0);
        return new NDList(dh.sub(h.square().muli(dh)));
    }

    @Override
    protected NDList jvp(FunctionContext ctx, NDList tangents) {
        return backward(ctx, tangents); // element by element, J is its own transpose
    }

    @Override
    protected NDList forwardByEngine(NDList inputs) {
        return new NDList(inputs.get(0).tanh());
    }

    @Override
    protected List<String> inputNames() {
        return List.of("x");
    }
}
