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
import org.djlext.torch.ops.Recorded;

/**
 * A function of one array whose elements have nothing to do with each other: the Jacobian is
 * diagonal and so its own transpose, and what is the rule of backward is that of forward mode too.
 * Halves are computed in float32, and rounded once.
 */
abstract class ElementwiseFunction extends AutogradFunction {

    private final boolean isOutputSaved;

    /**
     * Creates it.
     *
     * @param isOutputSaved whether backward takes the output; false if it takes the input
     */
    ElementwiseFunction(boolean isOutputSaved) {
        this.isOutputSaved = isOutputSaved;
    }

    /** Computes y. */
    abstract NDArray forward(NDArray x);

    /** Computes dL/dx from what is saved, x or y, and dL/dy. */
    abstract NDArray backward(NDArray saved, NDArray dy);

    @Override
    protected final NDList forward(FunctionContext ctx, NDList inputs) {
        NDArray x = inputs.get(0);
        NDArray y = Recorded.castLike(forward(Recorded.wide(x)), x);
        ctx.saveForBackward(isOutputSaved ? y : x);
        return new NDList(y);
    }

    @Override
    protected final NDList backward(FunctionContext ctx, NDList gradOutputs) {
        NDArray saved = ctx.saved(0);
        NDArray dx = backward(Recorded.wide(saved), Recorded.wide(gradOutputs.get(0)));
        return new NDList(Recorded.castLike(dx, saved));
    }

    @Override
    protected final NDList jvp(FunctionContext ctx, NDList tangents) {
        return backward(ctx, tangents);
    }

    @Override
    protected final List<String> inputNames() {
        return List.of("x");
    }
}
