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
import ai.djl.nn.Block;
import java.util.List;
import org.djlext.autograd.AutogradFunction;
import org.djlext.autograd.FunctionContext;
import org.djlext.autograd.Recorder;
import org.djlext.distributed.ProcessGroup;
import org.djlext.torch.ops.Recorded;
import org.jspecify.annotations.Nullable;

/**
 * Batch normalization over the batches of all ranks of a process group together, as {@code
 * torch.nn.SyncBatchNorm}: {@link BatchNormFunction} whose sums over rows are sums over all ranks.
 *
 * <p>n is the number of rows of this rank, N that of all ranks. Each rank has dL/dy of its own
 * loss. The gradients of gamma and beta are those of its own rows, which the ranks reduce with the
 * other gradients; the gradient of x has the sums over all rows:
 *
 * <pre>
 * dx = gamma invstd (dy - sum(dy) / N - xhat sum(dy xhat) / (N - c))
 * </pre>
 *
 * <p>It has no second derivatives. In forward mode, as in backward, all ranks have to take part.
 *
 * @see BatchNormFunction
 */
public final class SyncBatchNormFunction extends AutogradFunction {

    private static final int[] ROWS = {0};

    private final ProcessGroup group;
    private final double eps;
    private final int correction;

    /**
     * Creates the operation.
     *
     * @param group the ranks
     * @param eps what is added to the variance, such as 1e-5
     * @param correction 1 for the unbiased variance, sum / (N - 1); 0 for sum / N
     */
    public SyncBatchNormFunction(ProcessGroup group, double eps, int correction) {
        this.group = group;
        this.eps = eps;
        this.correction = correction;
    }

    /**
     * Lets each {@link BatchNorm} of a block take its statistics from the batches of all ranks from
     * now on, as PyTorch's {@code convert_sync_batchnorm}.
     *
     * @param block the block
     * @param group the ranks; null for each rank's own batch again
     * @return how many there are in the block
     */
    public static int convert(Block block, @Nullable ProcessGroup group) {
        int found = 0;
        if (block instanceof BatchNorm norm) {
            norm.synchronize(group);
            found++;
        }
        for (Block child : block.getChildren().values()) {
            found += convert(child, group);
        }
        return found;
    }

    /** Returns y, the mean and the variance of all rows, (C), and N, (1). */
    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        NDArray x = Recorded.wide(inputs.get(0));
        NDArray gamma = Recorded.wide(inputs.get(1));
        NDArray beta = Recorded.wide(inputs.get(2));
        Shape shape = x.getShape();
        long channels = shape.getLastDimension();
        long n = x.size() / channels;

        NDArray rows = x.reshape(n, channels); // (n, C)
        NDArray count = rows.getManager().full(new Shape(1, 1), (float) n, x.getDataType());
        NDArray sums = group.sum(rows.sum(ROWS, true).concat(count, 1)); // (1, C + 1)
        NDArray total = sums.get(new NDIndex(":, {}:", channels)); // N, (1, 1)
        NDArray mean = sums.get(new NDIndex(":, :{}", channels)).div(total); // (1, C)
        NDArray diff = rows.sub(mean); // (n, C)
        NDArray squares = group.sum(diff.square().sum(ROWS, true)); // (1, C)
        NDArray var = squares.div(total.sub(correction)); // (1, C)
        NDArray invstd = var.add(eps).sqrt().getNDArrayInternal().rdiv(1); // (1, C)
        NDArray y = diff.mul(invstd).mul(gamma).add(beta).reshape(shape); // (.., C)

        ctx.saveForBackward(inputs.get(0), inputs.get(1), mean, invstd, total);
        NDArray meanOut = mean.reshape(channels);
        NDArray varOut = var.reshape(channels);
        NDArray totalOut = total.reshape(1);
        ctx.markNonDifferentiable(meanOut, varOut, totalOut);
        return new NDList(Recorded.castLike(y, inputs.get(0)), meanOut, varOut, totalOut);
    }

    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        if (ctx.createsGraph()) {
            throw new UnsupportedOperationException(
                    "batch norm over all ranks has no second derivatives; let each rank have its own");
        }
        NDList saved = ctx.savedTensors();
        NDArray x = Recorded.wide(saved.get(0)); // (.., C)
        NDArray gamma = Recorded.wide(saved.get(1)); // (C) or (1, C)
        NDArray mean = saved.get(2); // (1, C)
        NDArray invstd = saved.get(3); // (1, C)
        NDArray total = saved.get(4); // N, (1, 1)
        long channels = x.getShape().getLastDimension();
        long n = x.size() / channels;
        NDArray dy = Recorded.wide(gradOutputs.get(0)).reshape(n, channels); // (n, C)

        NDArray xhat = x.reshape(n, channels).sub(mean).mul(invstd); // (n, C)
        NDArray dbeta = dy.sum(ROWS, true); // (1, C)
        NDArray dgamma = dy.mul(xhat).sum(ROWS, true); // (1, C)
        NDArray dx = projected(dy, dbeta, dgamma, xhat, total).mul(invstd.mul(gamma)); // (n, C)
        Shape parameter = gamma.getShape();
        return new NDList(
                Recorded.castLike(dx, saved.get(0)).reshape(x.getShape()),
                Recorded.castLike(dgamma, saved.get(1)).reshape(parameter),
                Recorded.castLike(dbeta, saved.get(1)).reshape(parameter));
    }

    /**
     * Returns d - sum(d) / N - xhat sum(d xhat) / (N - c), with sums over all ranks: (n, C). The
     * rule of x is its own transpose, so it is that of both directions.
     */
    private NDArray projected(
            NDArray d, NDArray sum, NDArray sumXhat, NDArray xhat, NDArray total) {
        long channels = xhat.getShape().get(1);
        NDArray sums = group.sum(sum.concat(sumXhat, 1)); // (1, 2 C)
        NDArray alongMean = sums.get(new NDIndex(":, :{}", channels)).div(total); // (1, C)
        NDArray alongVar =
                xhat.mul(sums.get(new NDIndex(":, {}:", channels)).div(total.sub(correction)));
        return d.sub(alongMean).sub(alongVar);
    }

    @Override
    protected NDList jvp(FunctionContext ctx, NDList tangents) {
        NDList saved = ctx.savedTensors();
        NDArray x = Recorded.wide(saved.get(0)); // (.., C)
        NDArray gamma = Recorded.wide(saved.get(1)); // (C) or (1, C)
        NDArray invstd = saved.get(3); // (1, C)
        NDArray total = saved.get(4); // N, (1, 1)
        long channels = x.getShape().getLastDimension();
        long n = x.size() / channels;
        NDArray xhat = x.reshape(n, channels).sub(saved.get(2)).mul(invstd); // (n, C)
        NDArray alongY = xhat.zerosLike(); // (n, C)
        if (tangents.get(0) != null) {
            NDArray alongX = Recorded.wide(tangents.get(0)).reshape(n, channels); // (n, C)
            alongY =
                    projected(
                                    alongX,
                                    alongX.sum(ROWS, true),
                                    alongX.mul(xhat).sum(ROWS, true),
                                    xhat,
                                    total)
                            .mul(invstd.mul(gamma));
        }
        if (tangents.get(1) != null) {
            alongY = alongY.add(xhat.mul(Recorded.wide(tangents.get(1))));
        }
        if (tangents.get(2) != null) {
            alongY = alongY.add(Recorded.wide(tangents.get(2)));
        }
        NDArray result = Recorded.castLike(alongY, saved.get(0)).reshape(x.getShape()); // (.., C)
        return new NDList(result, null, null, null);
    }

    @Override
    protected @Nullable NDList forwardByEngine(NDList inputs) {
        if (Recorder.of(inputs) == null) {
            throw new UnsupportedOperationException(
                    "the engine does not differentiate batch norm over all ranks; leave"
                            + " Autograd.engineGradients, or let each rank have its own");
        }
        return null;
    }

    @Override
    protected List<String> inputNames() {
        return List.of("x", "gamma", "beta");
    }
}
