/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Activation;
import java.util.List;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;

/**
 * Sigmoid linear unit, element by element, also called swish: the activation of Llama.
 *
 * <pre>
 * y  = x s,   s = sigmoid(x)
 * dx = (s + y (1 - s)) dy
 * </pre>
 *
 * <p>Derivation. By the product rule, s + x ds/dx, with ds/dx = s (1 - s).
 *
 * <p>Input: x of any shape. Output: y of the same.
 *
 * @see <a href="https://arxiv.org/abs/1702.03118">Elfwing, Uchibe and Doya, 2017</a>
 */
public final class SiluFunction extends AutogradFunction {

    /** Creates the operation. */
    public SiluFunction() {}

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        NDArray x = inputs.get(0);
        ctx.saveForBackward(x);
        return new NDList(Activation.sigmoid(x).mul(x));
    }

    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        NDArray dy = gradOutputs.get(0);
        NDArray x = ctx.savedTensors().get(0);
        NDArray s = Activation.sigmoid(x);
        NDArray y = x.mul(s);
        return new NDList(s.add(y.sub(y.mul(s))).mul(dy));
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
