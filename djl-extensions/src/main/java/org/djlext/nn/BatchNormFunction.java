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
import org.jspecify.annotations.Nullable;

/**
 * Batch normalization over all axes but the last, as one operation with the one-line backward of
 * the backprop-ninja lecture (exercise 3).
 *
 * <p>With n the number of values of a channel and c the correction:
 *
 * <pre>
 * mean   = sum(x) / n
 * var    = sum((x - mean)^2) / (n - c)
 * invstd = (var + eps)^-1/2                 eps is inside the root
 * xhat   = (x - mean) invstd
 * y      = gamma xhat + beta
 *
 * dbeta  = sum(dy)
 * dgamma = sum(dy xhat)
 * dx     = gamma invstd (dy - dbeta / n - xhat dgamma / (n-c))
 * </pre>
 *
 * <p>(The lecture has dx = gamma invstd / n (n dy - dbeta - n/(n-c) xhat dgamma).)
 *
 * <p>Derivation. x_i reaches the loss on three ways: through xhat_i, through var and through mean.
 * With dxhat = gamma dy,
 *
 * <pre>
 * dvar  = -1/2 (var + eps)^-3/2 sum(dxhat (x - mean)) = -1/2 invstd^2 sum(dxhat xhat)
 * dmean = -invstd sum(dxhat)                 (var's own part is a sum of deviations, which is zero)
 * dx    = invstd dxhat + 2 (x - mean) / (n - c) dvar + dmean / n
 * </pre>
 *
 * <p>and with (x - mean) = xhat / invstd that is the line above.
 *
 * <p>Inputs: x of shape (.., C), with at least two values a channel, gamma and beta of shape (C) or
 * (1, C). Outputs: y of x's shape, and, without gradient, mean and var of shape (C). Halves are
 * computed in float32, and mean and var returned so: a variance of half of all float16 numbers is
 * none itself.
 *
 * @see <a href="https://arxiv.org/abs/1502.03167">Ioffe and Szegedy, 2015</a>
 */
public final class BatchNormFunction extends AutogradFunction {

    private static final int[] ROWS = {0};

    private final double eps;
    private final int correction;
    private final @Nullable RunningStatistics running;

    /**
     * Running statistics that the engine's kernel moves.
     *
     * @param mean the mean, (C)
     * @param variance the unbiased variance, (C)
     * @param momentum the weight of the batch
     */
    record RunningStatistics(NDArray mean, NDArray variance, double momentum) {}

    /**
     * Creates the operation.
     *
     * @param eps what is added to the variance, such as 1e-5
     * @param correction 1 for the lecture's unbiased variance, sum / (n - 1); 0 for sum / n, which
     *     the paper and the engine use
     */
    public BatchNormFunction(double eps, int correction) {
        this(eps, correction, null);
    }

    /** Creates the operation for one call, which returns y alone if it moves the statistics. */
    BatchNormFunction(double eps, int correction, @Nullable RunningStatistics running) {
        this.eps = eps;
        this.correction = correction;
        this.running = running;
    }

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        NDArray x = Recorded.wide(inputs.get(0));
        NDArray gamma = Recorded.wide(inputs.get(1));
        NDArray beta = Recorded.wide(inputs.get(2));
        Shape shape = x.getShape();
        long n = rows(shape, correction);
        long channels = shape.getLastDimension();

        NDArray rows = x.reshape(n, channels); // (n, C)
        NDArray mean = mean(rows); // (1, C)
        NDArray diff = rows.sub(mean); // (n, C)
        NDArray var = var(diff); // (1, C)
        NDArray invstd = invstd(var); // (1, C)
        NDArray xhat = diff.mul(invstd); // (n, C)
        NDArray y = xhat.mul(gamma).add(beta).reshape(shape); // (.., C)

        // x and not xhat: x is there anyway, and second derivatives go through it.
        ctx.saveForBackward(inputs.get(0), inputs.get(1), mean, invstd);
        NDArray meanOut = mean.reshape(channels);
        NDArray varOut = var.reshape(channels);
        ctx.markNonDifferentiable(meanOut, varOut);
        return new NDList(Recorded.castLike(y, inputs.get(0)), meanOut, varOut);
    }

    /** The number of values of a channel, which is checked. */
    static long rows(Shape shape, int correction) {
        long channels = shape.getLastDimension();
        long n = channels == 0 ? 0 : shape.size() / channels;
        // One value is its own mean, and what remains of it nothing, whatever the correction.
        if (n < 2) {
            throw new IllegalArgumentException(
                    ("batch normalization with correction %s needs at least 2"
                                    + " values a channel, but x of shape %s has %s; use a"
                                    + " larger batch, or evaluation mode")
                            .formatted(correction, shape, n));
        }
        return n;
    }

    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        NDList saved = ctx.savedTensors();
        NDArray x = Recorded.wide(saved.get(0)); // (.., C)
        NDArray gamma = Recorded.wide(saved.get(1)); // (C) or (1, C)
        NDArray mean = saved.get(2); // (1, C)
        NDArray invstd = saved.get(3); // (1, C)
        long channels = x.getShape().getLastDimension();
        long n = x.size() / channels;
        NDArray rows = x.reshape(n, channels); // (n, C)
        NDArray dy = Recorded.wide(gradOutputs.get(0)).reshape(n, channels); // (n, C)
        if (ctx.createsGraph()) {
            mean = mean(rows);
            invstd = invstd(var(rows.sub(mean)));
        }

        NDArray xhat = rows.sub(mean).mul(invstd); // (n, C)
        NDArray dbeta = dy.sum(ROWS, true); // (1, C)
        NDArray dgamma = dy.mul(xhat).sum(ROWS, true); // (1, C)
        NDArray dx = null;
        if (ctx.needsInputGrad(0)) {
            NDArray alongMean = dbeta.div(n); // (1, C)
            NDArray alongVar = xhat.mul(dgamma.div(n - correction)); // (n, C)
            dx = dy.sub(alongMean).sub(alongVar).mul(invstd.mul(gamma)); // (n, C)
            dx = Recorded.castLike(dx, saved.get(0)).reshape(x.getShape()); // (.., C)
        }
        Shape parameter = gamma.getShape();
        return new NDList(
                dx,
                Recorded.castLike(dgamma, saved.get(1)).reshape(parameter),
                Recorded.castLike(dbeta, saved.get(1)).reshape(parameter));
    }

    @Override
    protected NDList jvp(FunctionContext ctx, NDList tangents) {
        NDArray x = Recorded.wide(ctx.saved(0)); // (.., C)
        NDArray gamma = Recorded.wide(ctx.saved(1)); // (C) or (1, C)
        NDArray invstd = ctx.saved(3); // (1, C)
        long channels = x.getShape().getLastDimension();
        long n = x.size() / channels;
        NDArray xhat = x.reshape(n, channels).sub(ctx.saved(2)).mul(invstd); // (n, C)
        NDArray dy = xhat.zerosLike(); // (n, C)
        if (tangents.get(0) != null) {
            NDArray dx = Recorded.wide(tangents.get(0)).reshape(n, channels); // (n, C)
            NDArray alongVar = xhat.mul(dx.mul(xhat).sum(ROWS, true).div(n - correction)); // (n, C)
            dy = dx.sub(mean(dx)).sub(alongVar).mul(invstd.mul(gamma));
        }
        if (tangents.get(1) != null) {
            dy = dy.add(xhat.mul(Recorded.wide(tangents.get(1))));
        }
        if (tangents.get(2) != null) {
            dy = dy.add(Recorded.wide(tangents.get(2)));
        }
        NDArray y = Recorded.castLike(dy, ctx.saved(0)).reshape(x.getShape()); // (.., C)
        return new NDList(y, null, null);
    }

    private static NDArray mean(NDArray rows) {
        return rows.mean(ROWS, true); // (1, C)
    }

    private NDArray var(NDArray diff) {
        long n = diff.getShape().get(0);
        return diff.square().sum(ROWS, true).div(n - correction); // (1, C)
    }

    private NDArray invstd(NDArray var) {
        return var.add(eps).sqrt().getNDArrayInternal().rdiv(1); // (1, C)
    }

    /**
     * The same by the engine's kernel, which divides by n. With r = n / (n - c), var is r times
     * what the kernel has, so that gamma r^-1/2 and eps / r give the same y.
     */
    @Override
    protected NDList forwardByEngine(NDList inputs) {
        NDArray x = Recorded.wide(inputs.get(0)); // (.., C)
        Shape shape = x.getShape();
        long n = rows(shape, correction);
        long channels = shape.getLastDimension();
        double r = (double) n / (n - correction);
        NDArray gamma = Recorded.wide(inputs.get(1)).reshape(channels); // (C)
        NDList outputs =
                EngineFunction.call(
                        "native_batch_norm",
                        x.reshape(n, channels),
                        correction == 0 ? gamma : gamma.mul(1 / Math.sqrt(r)),
                        Recorded.wide(inputs.get(2)).reshape(channels),
                        running == null ? null : running.mean,
                        running == null ? null : running.variance,
                        true,
                        running == null ? 0.0 : running.momentum,
                        eps / r);
        NDArray y = Recorded.castLike(outputs.get(0).reshape(shape), inputs.get(0)); // (.., C)
        if (running != null) {
            return new NDList(y);
        }
        NDArray mean = outputs.get(1).stopGradient(); // (C)
        NDArray invstd = outputs.get(2).stopGradient(); // (C)
        NDArray var = invstd.pow(-2).mul(r).sub(eps); // (C)
        return new NDList(y, mean, var);
    }

    @Override
    protected List<String> inputNames() {
        return List.of("x", "gamma", "beta");
    }
}
