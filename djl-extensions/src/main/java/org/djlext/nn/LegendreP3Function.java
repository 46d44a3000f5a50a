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
 * The Legendre polynomial of degree 3, element by element: the example with which lecture 1 ends,
 * where it shows how PyTorch is taught an operation that it does not know.
 *
 * <pre>
 * y  = 1/2 (5 x^3 - 3 x)
 * dx = 3/2 (5 x^2 - 1) dy
 * </pre>
 *
 * <p>Derivation. Term by term: 1/2 (15 x^2 - 3), and 3/2 taken out.
 *
 * <p>Input: x of any shape. Output: y of the same.
 */
public final class LegendreP3Function extends AutogradFunction {

    /** Creates the operation. */
    public LegendreP3Function() {}

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        NDArray x = inputs.get(0);
        ctx.saveForBackward(x);
        return new NDList(x.square().muli(2.5).subi(1.5).muli(x)); // x (5/2 x^2 - 3/2)
    }

    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        NDArray dy = gradOutputs.get(0);
        NDArray x = ctx.savedTensors().get(0);
        return new NDList(dy.mul(x.square().mul(7.5).sub(1.5)));
    }

    @Override
    protected NDList jvp(FunctionContext ctx, NDList tangents) {
        return backward(ctx, tangents); // element by element, J is its own transpose
    }

    @Override
    protected List<String> inputNames() {
        return List.of("x");
    }
}
