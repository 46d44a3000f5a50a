/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.EngineFunction;
import org.djlext.autograd.FunctionContext;
import org.djlext.torch.ops.Recorded;

/**
 * Layer normalization: every row is brought to mean 0 and variance 1 over the last axis, then
 * scaled and shifted.
 *
 * <p>With C the length of a row, and all sums over the row except those of dgamma and dbeta, which
 * go over all rows:
 *
 * <pre>
 * mean   = sum(x) / C
 * var    = sum((x - mean)^2) / C            biased: C, not C - 1
 * invstd = (var + eps)^-1/2                 eps is inside the root
 * xhat   = (x - mean) invstd
 * y      = gamma xhat + beta
 *
 * dbeta  = sum(dy)                          over rows
 * dgamma = sum(dy xhat)                     over rows
 * dxhat  = gamma dy
 * dx     = invstd (dxhat - sum(dxhat) / C - xhat sum(dxhat xhat) / C)
 * </pre>
 *
 * <p>Derivation. That of {@link BatchNormFunction} with rows for columns and correction 0: x
 * reaches the loss through xhat, through var and through mean. One thing differs: gamma varies
 * along the sums, so that it is inside them, as dxhat.
 *
 * <p>Inputs: x of shape (.., C), gamma and beta of shape (C). Output: y of x's shape. Halves are
 * computed in float32.
 *
 * @see <a href="https://arxiv.org/abs/1607.06450">Ba, Kiros and Hinton, 2016</a>
 */
public final class LayerNormFunction extends AutogradFunction {

    private final double eps;

    /**
     * Creates the operation.
     *
     * @param eps what is added to the variance, such as 1e-5; not negative
     */
    public LayerNormFunction(double eps) {
        if (!(eps >= 0)) {
            throw new IllegalArgumentException("eps must not be negative, but got " + eps);
        }
        this.eps = eps;
    }

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        NDArray x = Recorded.wide(inputs.get(0)); // (.., C)
        NDArray gamma = Recorded.wide(inputs.get(1)); // (C)
        NDArray beta = Recorded.wide(inputs.get(2)); // (C)
        check(x.getShape(), gamma.getShape(), beta.getShape());
        int[] last = {x.getShape().dimension() - 1};
        NDArray mean = x.mean(last, true); // (.., 1)
        NDArray diff = x.sub(mean); // (.., C)
        NDArray invstd = invstd(diff, last); // (.., 1)
        NDArray xhat = diff.mul(invstd); // (.., C)
        NDArray y = xhat.muli(gamma).addi(beta); // (.., C), in the place of xhat
        // x and not xhat: x is there anyway, and second derivatives go through it.
        ctx.saveForBackward(inputs.get(0), inputs.get(1), mean, invstd);
        return new NDList(Recorded.castLike(y, inputs.get(0)));
    }

    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        NDArray dy = Recorded.wide(gradOutputs.get(0)); // (.., C)
        NDList saved = ctx.savedTensors();
        NDArray x = Recorded.wide(saved.get(0)); // (.., C)
        NDArray gamma = Recorded.wide(saved.get(1)); // (C)
        Shape shape = x.getShape();
        int[] last = {shape.dimension() - 1};
        Shape rows = new Shape(shape.slice(0, last[0]).size(), shape.getLastDimension());
        NDArray mean = saved.get(2); // (.., 1)
        NDArray invstd = saved.get(3); // (.., 1)
        if (ctx.createsGraph()) {
            mean = x.mean(last, true);
            invstd = invstd(x.sub(mean), last);
        }

        NDArray xhat = x.sub(mean).mul(invstd); // (.., C)
        NDArray dbeta = dy.reshape(rows).sum(new int[] {0}); // (C)
        NDArray dgamma = dy.mul(xhat).reshape(rows).sum(new int[] {0}); // (C)
        NDArray dx = null;
        if (ctx.needsInputGrad(0)) {
            NDArray dxhat = dy.mul(gamma); // (.., C)
            NDArray alongMean = dxhat.mean(last, true); // (.., 1)
            NDArray alongVar = xhat.mul(dxhat.mul(xhat).mean(last, true)); // (.., C)
            dx = dxhat.sub(alongMean).sub(alongVar).mul(invstd); // (.., C)
            dx = Recorded.castLike(dx, saved.get(0));
        }
        return new NDList(
                dx,
                Recorded.castLike(dgamma, saved.get(1)),
                Recorded.castLike(dbeta, saved.get(1)));
    }

    @Override
    protected NDList jvp(FunctionContext ctx, NDList tangents) {
        NDArray x = Recorded.wide(ctx.saved(0)); // (.., C)
        NDArray gamma = Recorded.wide(ctx.saved(1)); // (C)
        NDArray invstd = ctx.saved(3); // (.., 1)
        int[] last = {x.getShape().dimension() - 1};
        NDArray xhat = x.sub(ctx.saved(2)).mul(invstd); // (.., C)
        NDArray dy = xhat.zerosLike(); // (.., C)
        if (tangents.get(0) != null) {
            NDArray dx = Recorded.wide(tangents.get(0)); // (.., C)
            NDArray alongVar = xhat.mul(dx.mul(xhat).mean(last, true)); // (.., C)
            dy = dx.sub(dx.mean(last, true)).sub(alongVar).mul(invstd).mul(gamma);
        }
        if (tangents.get(1) != null) {
            dy = dy.add(xhat.mul(Recorded.wide(tangents.get(1))));
        }
        if (tangents.get(2) != null) {
            dy = dy.add(Recorded.wide(tangents.get(2)));
        }
        return new NDList(Recorded.castLike(dy, ctx.saved(0)));
    }

    private NDArray invstd(NDArray diff, int[] last) {
        NDArray var = diff.square().mean(last, true); // (.., 1)
        return var.add(eps).sqrt().getNDArrayInternal().rdiv(1);
    }

    private static void check(Shape x, Shape gamma, Shape beta) {
        Shape channels = x.dimension() == 0 ? new Shape() : new Shape(x.getLastDimension());
        if (x.dimension() == 0 || !gamma.equals(channels) || !beta.equals(channels)) {
            throw new IllegalArgumentException(
                    ("layer normalization takes x of shape (.., C), gamma and"
                                    + " beta of shape (C), but got %s, %s and %s")
                            .formatted(x, gamma, beta));
        }
    }

    @Override
    protected NDList forwardByEngine(NDList inputs) {
        NDArray x = Recorded.wide(inputs.get(0)); // (.., C)
        NDArray gamma = Recorded.wide(inputs.get(1)); // (C)
        NDArray beta = Recorded.wide(inputs.get(2)); // (C)
        check(x.getShape(), gamma.getShape(), beta.getShape());
        NDList outputs =
                EngineFunction.call("native_layer_norm", x, gamma.getShape(), gamma, beta, eps);
        return new NDList(Recorded.castLike(outputs.get(0), inputs.get(0)));
    }

    @Override
    protected List<String> inputNames() {
        return List.of("x", "gamma", "beta");
    }
}
