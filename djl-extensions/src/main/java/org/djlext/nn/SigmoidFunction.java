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
 * The logistic sigmoid, element by element.
 *
 * <pre>
 * s  = sigmoid(x) = 1 / (1 + e^-x)
 * dx = s (1 - s) ds
 * </pre>
 *
 * <p>Derivation. ds/dx = e^-x / (1 + e^-x)^2 = s e^-x / (1 + e^-x), and the second factor is 1 - s.
 * So s is all that backward needs.
 *
 * <p>Input: x of any shape. Output: s of the same.
 */
public final class SigmoidFunction extends AutogradFunction {

    /** Creates the operation. */
    public SigmoidFunction() {}

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        NDArray s = Activation.sigmoid(inputs.get(0));
        ctx.saveForBackward(s);
        return new NDList(s);
    }

    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        NDArray ds = gradOutputs.get(0);
        NDArray s = ctx.savedTensors().get(0);
        return new NDList(s.sub(s.square()).mul(ds));
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
