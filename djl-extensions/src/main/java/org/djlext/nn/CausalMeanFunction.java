/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;
import org.djlext.torch.ops.Recorded;

/**
 * Each position takes the plain mean of itself and the positions before it: makemore's bag of
 * words, and the lecture's first version of attention.
 *
 * <pre>
 * y_t  = sum_{s &lt;= t} x_s / (t + 1)           t from 0
 *      = (A x)_t,   A_ts = 1/(t + 1) where s &lt;= t, else 0
 *
 * dx_s = sum_{t &gt;= s} dy_t / (t + 1)
 *      = (A^T dy)_s
 * </pre>
 *
 * <p>Derivation. y is linear in x: x_s has the factor 1/(t + 1) in each y_t from t = s on. Products
 * with A do more arithmetic than sums so far would, but are faster for the lengths of contexts.
 *
 * <p>Input: x of shape (.., T, C). Output: y of the same. Halves are computed in float32.
 */
public final class CausalMeanFunction extends AutogradFunction {

    /** Creates the operation. */
    public CausalMeanFunction() {}

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        NDArray x = inputs.get(0); // (.., T, C)
        check(x.getShape());
        return new NDList(mean(x));
    }

    private static NDArray mean(NDArray x) {
        NDArray wide = Recorded.wide(x);
        NDArray y = means(wide).matMul(wide); // (T, T) by (.., T, C)
        return Recorded.castLike(y, x);
    }

    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        NDArray dy = gradOutputs.get(0); // (.., T, C)
        NDArray wide = Recorded.wide(dy);
        NDArray dx = means(wide).transpose().matMul(wide); // (.., T, C)
        return new NDList(Recorded.castLike(dx, dy));
    }

    @Override
    protected NDList jvp(FunctionContext ctx, NDList tangents) {
        return new NDList(mean(tangents.get(0))); // it is linear
    }

    /** Returns A, (T, T). */
    private static NDArray means(NDArray like) {
        NDManager manager = like.getManager();
        Device device = like.getDevice();
        DataType type = like.getDataType();
        int steps = (int) like.getShape().get(like.getShape().dimension() - 2);
        NDArray t = manager.arange(0, steps, 1, DataType.INT64, device); // (T)
        NDArray past = t.expandDims(0).lte(t.expandDims(1)); // (T, T): s <= t
        NDArray counts = t.add(1).expandDims(1).toType(type, false); // (T, 1)
        return past.toType(type, false).div(counts);
    }

    private static void check(Shape shape) {
        if (shape.dimension() < 2) {
            throw new IllegalArgumentException(
                    "causal mean takes x of shape (.., T, C), but got " + shape);
        }
    }

    @Override
    protected List<String> inputNames() {
        return List.of("x");
    }
}
