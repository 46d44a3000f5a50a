/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.EngineFunction;
import org.djlext.autograd.FunctionContext;
import org.djlext.autograd.Recorder;
import org.djlext.distributed.ProcessGroup;
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
 * <p>With a process group the rows are those of all its ranks together, as in {@code
 * torch.nn.SyncBatchNorm}: n counts them all, and the sums of dx go over all of them. The gradients
 * of gamma and beta remain those of a rank's own rows, which the ranks reduce with the other
 * gradients. All ranks have to take part in forward, in backward and in forward mode; there are no
 * second derivatives.
 *
 * <p>Inputs: x of shape (.., C), with at least two values a channel, gamma and beta of shape (C) or
 * (1, C). Outputs: y of x's shape, and, without gradient, mean and var of shape (C), and with a
 * group n of shape (1). Halves are computed in float32, and mean and var returned so: a variance of
 * half of all float16 numbers is none itself.
 *
 * @see <a href="https://arxiv.org/abs/1502.03167">Ioffe and Szegedy, 2015</a>
 */
public final class BatchNormFunction extends AutogradFunction {

    private static final int[] ROWS = {0};

    private final double eps;
    private final int correction;
    private final @Nullable ProcessGroup group;
    private final @Nullable RunningStatistics running;

    /**
     * Running statistics that the engine's kernel moves.
     *
     * @param mean the mean, (C)
     * @param variance the unbiased variance, (C)
     * @param momentum the weight of the batch
     */
    record RunningStatistics(NDArray mean, NDArray variance, double momentum) {}

    // Of all rows: the mean and the variance, (1, C), this rank's distances from the mean, (n, C),
    // and how many rows there are, (1, 1), if other ranks have some.
    private record Statistics(NDArray mean, NDArray diff, NDArray var, @Nullable NDArray total) {}

    /**
     * Creates the operation.
     *
     * @param eps what is added to the variance, such as 1e-5
     * @param correction 1 for the lecture's unbiased variance, sum / (n - 1); 0 for sum / n, which
     *     the paper and the engine use
     */
    public BatchNormFunction(double eps, int correction) {
        this(eps, correction, null, null);
    }

    /**
     * Creates the operation over the rows of all ranks of a group.
     *
     * @param eps what is added to the variance, such as 1e-5
     * @param correction 1 for the unbiased variance, 0 for sum / n
     * @param group the ranks
     */
    public BatchNormFunction(double eps, int correction, ProcessGroup group) {
        this(eps, correction, group, null);
    }

    /** Creates the operation for one call, which returns y alone if it moves the statistics. */
    BatchNormFunction(
            double eps,
            int correction,
            @Nullable ProcessGroup group,
            @Nullable RunningStatistics running) {
        this.eps = eps;
        this.correction = correction;
        this.group = group;
        this.running = running;
    }

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        NDArray x = Recorded.wide(inputs.get(0));
        NDArray gamma = Recorded.wide(inputs.get(1));
        NDArray beta = Recorded.wide(inputs.get(2));
        Shape shape = x.getShape();
        long channels = shape.getLastDimension();

        Statistics all = statistics(x.reshape(rows(shape), channels));
        NDArray invstd = invstd(all.var); // (1, C)
        NDArray xhat = all.diff.mul(invstd); // (n, C)
        NDArray y = xhat.mul(gamma).add(beta).reshape(shape); // (.., C)

        // x and not xhat: x is there anyway, and second derivatives go through it.
        ctx.saveForBackward(inputs.get(0), inputs.get(1), all.mean, invstd, all.total);
        NDList outputs =
                new NDList(
                        Recorded.castLike(y, inputs.get(0)),
                        all.mean.reshape(channels),
                        all.var.reshape(channels));
        if (all.total != null) {
            outputs.add(all.total.reshape(1));
        }
        ctx.markNonDifferentiable(outputs.subNDList(1).toArray(NDArray[]::new));
        return outputs;
    }

    /** The statistics of the rows of all ranks, of which (n, C) are this one's. */
    private Statistics statistics(NDArray rows) {
        long n = rows.getShape().get(0);
        long channels = rows.getShape().get(1);
        if (group == null) {
            NDArray mean = rows.mean(ROWS, true); // (1, C)
            NDArray diff = rows.sub(mean); // (n, C)
            NDArray var = diff.square().sum(ROWS, true).div(n - correction); // (1, C)
            return new Statistics(mean, diff, var, null);
        }
        NDArray count = rows.getManager().full(new Shape(1, 1), (float) n, rows.getDataType());
        NDArray sums = group.sum(rows.sum(ROWS, true).concat(count, 1)); // (1, C + 1)
        NDArray total = sums.get(new NDIndex(":, {}:", channels)); // (1, 1)
        NDArray mean = sums.get(new NDIndex(":, :{}", channels)).div(total); // (1, C)
        NDArray diff = rows.sub(mean); // (n, C)
        NDArray squares = group.sum(diff.square().sum(ROWS, true)); // (1, C)
        return new Statistics(mean, diff, squares.div(total.sub(correction)), total);
    }

    private NDArray invstd(NDArray var) {
        return var.add(eps).sqrt().getNDArrayInternal().rdiv(1); // (1, C)
    }

    /** The number of values of a channel, which is checked where no other rank has more. */
    private long rows(Shape shape) {
        long channels = shape.getLastDimension();
        long n = channels == 0 ? 0 : shape.size() / channels;
        // One value is its own mean, and what remains of it nothing, whatever the correction.
        if (n < 2 && group == null) {
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
        NDArray rows = rowsOf(x); // (n, C)
        NDArray dy = rowsOf(Recorded.wide(gradOutputs.get(0))); // (n, C)
        if (ctx.createsGraph()) {
            if (group != null) {
                throw new UnsupportedOperationException(
                        "batch norm over all ranks has no second derivatives; let each rank have"
                                + " its own");
            }
            Statistics all = statistics(rows);
            mean = all.mean;
            invstd = invstd(all.var);
        }

        NDArray xhat = rows.sub(mean).mul(invstd); // (n, C)
        NDArray dbeta = dy.sum(ROWS, true); // (1, C)
        NDArray dgamma = dy.mul(xhat).sum(ROWS, true); // (1, C)
        NDArray dx = null;
        if (ctx.needsInputGrad(0)) {
            dx = centered(dy, dbeta, dgamma, xhat, saved.get(4)).mul(invstd.mul(gamma)); // (n, C)
            dx = Recorded.castLike(dx, saved.get(0)).reshape(x.getShape()); // (.., C)
        }
        Shape parameter = gamma.getShape();
        return new NDList(
                dx,
                Recorded.castLike(dgamma, saved.get(1)).reshape(parameter),
                Recorded.castLike(dbeta, saved.get(1)).reshape(parameter));
    }

    /**
     * Returns d - sum(d) / n - xhat sum(d xhat) / (n - c), (n, C), with sums over all ranks. But
     * for factors that is the Jacobian of y by x, which is its own transpose: it serves both modes.
     */
    private NDArray centered(
            NDArray d, NDArray sum, NDArray sumXhat, NDArray xhat, @Nullable NDArray total) {
        if (group == null || total == null) {
            long n = xhat.getShape().get(0);
            return d.sub(sum.div(n)).sub(xhat.mul(sumXhat.div(n - correction)));
        }
        long channels = xhat.getShape().get(1);
        NDArray sums = group.sum(sum.concat(sumXhat, 1)); // (1, 2 C)
        NDArray alongMean = sums.get(new NDIndex(":, :{}", channels)).div(total); // (1, C)
        NDArray alongVar = sums.get(new NDIndex(":, {}:", channels)).div(total.sub(correction));
        return d.sub(alongMean).sub(xhat.mul(alongVar));
    }

    @Override
    protected NDList jvp(FunctionContext ctx, NDList tangents) {
        NDArray x = Recorded.wide(ctx.saved(0)); // (.., C)
        NDArray gamma = Recorded.wide(ctx.saved(1)); // (C) or (1, C)
        NDArray invstd = ctx.saved(3); // (1, C)
        NDArray xhat = rowsOf(x).sub(ctx.saved(2)).mul(invstd); // (n, C)
        NDArray dy = xhat.zerosLike(); // (n, C)
        if (tangents.get(0) != null) {
            NDArray dx = rowsOf(Recorded.wide(tangents.get(0))); // (n, C)
            NDArray sumXhat = dx.mul(xhat).sum(ROWS, true); // (1, C)
            dy = centered(dx, dx.sum(ROWS, true), sumXhat, xhat, ctx.saved(4));
            dy = dy.mul(invstd.mul(gamma));
        }
        if (tangents.get(1) != null) {
            dy = dy.add(xhat.mul(Recorded.wide(tangents.get(1))));
        }
        if (tangents.get(2) != null) {
            dy = dy.add(Recorded.wide(tangents.get(2)));
        }
        NDArray y = Recorded.castLike(dy, ctx.saved(0)).reshape(x.getShape()); // (.., C)
        NDList derivatives = new NDList(y, null, null);
        if (group != null) {
            derivatives.add(null);
        }
        return derivatives;
    }

    private static NDArray rowsOf(NDArray array) {
        return array.reshape(-1, array.getShape().getLastDimension());
    }

    /**
     * The same by the engine's kernel, which divides by n. With r = n / (n - c), var is r times
     * what the kernel has, so that gamma r^-1/2 and eps / r give the same y.
     */
    @Override
    protected @Nullable NDList forwardByEngine(NDList inputs) {
        if (group != null && Recorder.of(inputs) != null) {
            return null;
        }
        if (group != null) {
            throw new UnsupportedOperationException(
                    "the engine does not differentiate batch norm over all ranks; leave"
                            + " Autograd.engineGradients, or let each rank have its own");
        }
        NDArray x = Recorded.wide(inputs.get(0)); // (.., C)
        Shape shape = x.getShape();
        long n = rows(shape);
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
        // Of equal values it is 0, which rounding may miss on either side.
        NDArray var = invstd.pow(-2).mul(r).sub(eps).maximum(0); // (C)
        return new NDList(y, mean, var);
    }

    @Override
    protected List<String> inputNames() {
        return List.of("x", "gamma", "beta");
    }
}
