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
import org.djlext.autograd.FunctionContext;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;
import org.djlext.torch.ops.InPlace;
import org.djlext.torch.ops.Recorded;

/**
 * tanh of batch normalization over all axes but the last, in one call of the engine forward and one
 * backward; {@link BatchNormFunction} followed by {@link TanhFunction}, made fast.
 *
 * <p>With n the number of values of a channel, c the correction and r = n / (n - c):
 *
 * <pre>
 * var    = sum((x - mean)^2) / (n - c) = r biased,      biased = sum((x - mean)^2) / n
 * y      = gamma (x - mean) (var + eps)^-1/2 + beta
 *        = gamma r^-1/2 (x - mean) (biased + eps/r)^-1/2 + beta
 * h      = tanh(y) = 2 sigmoid(2 y) - 1
 *
 * dy     = (1 - h^2) dh
 * dx, dgamma r^1/2, dbeta                               the gradients of the second line of y
 * </pre>
 *
 * <p>So the engine's kernel, which knows the biased variance alone, serves both conventions with
 * eps / r for eps and gamma r^-1/2 for gamma; the factor 2 of the sigmoid goes with gamma and beta.
 * The sigmoid takes its place because the engine's tanh takes five times as long, and works in
 * place: no array of x's size is made but h, and in backward dy and dx. The difference 2 s - 1
 * costs relative precision near 0; h is exact to one unit in the last place of 1 (1.2e-7 in
 * float32).
 *
 * <p>Inputs: x of shape (.., C), gamma and beta both of shape (C) or (1, C), and optionally a
 * running mean and variance of shape (C), which are moved in place: running = (1 - momentum)
 * running + momentum batch, with the unbiased variance whatever the correction. Output: h of x's
 * shape. Halves are computed in float32; gamma and beta are of x's type. It can be differentiated
 * once.
 */
public final class BatchNormTanh extends AutogradFunction {

    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    """
                    def forward(x, gamma, beta, mean: Optional[Tensor], var: Optional[Tensor],
                                momentum: float, eps: float, scale: float):
                        z, batch_mean, invstd = torch.native_batch_norm(
                            x, gamma * scale, beta * 2.0, mean, var, True, momentum, eps)
                        return z.sigmoid_().mul_(2.0).sub_(1.0), batch_mean, invstd

                    def backward(dh, x, gamma, h, mean, invstd, scale: float):
                        dx, dgamma, dbeta = torch.native_batch_norm_backward(
                            torch.tanh_backward(dh, h), x, gamma * scale, None, None,
                            mean, invstd, True, 0.0, [True, True, True])
                        return dx, dgamma * scale, dbeta
                    """);
    private static final ScriptFunction FORWARD = SCRIPT.function("forward");
    private static final ScriptFunction BACKWARD = SCRIPT.function("backward");

    private final double eps;
    private final int correction;
    private final double momentum;

    /**
     * Creates the operation.
     *
     * @param eps what is added to the variance, such as 1e-5
     * @param correction 1 for the lecture's unbiased variance, sum / (n - 1); 0 for sum / n
     * @param momentum the weight of the batch in the running statistics, such as 0.1
     */
    public BatchNormTanh(double eps, int correction, double momentum) {
        this.eps = eps;
        this.correction = correction;
        this.momentum = momentum;
    }

    @Override
    protected NDList forward(FunctionContext ctx, NDList inputs) {
        NDArray x = inputs.get(0);
        Shape shape = x.getShape();
        boolean running = inputs.size() > 3;
        long n = BatchNormFunction.rows(shape, correction);
        double r = (double) n / (n - correction);
        double scale = 1 / Math.sqrt(r);

        // The engine's kernel would round the mean of halves to a half.
        NDArray rows = Recorded.wide(rows(x)); // (n, C)
        NDArray gamma = Recorded.wide(vector(inputs.get(1))); // (C)
        NDArray beta = Recorded.wide(vector(inputs.get(2))); // (C)
        NDArray runningMean = running ? Recorded.wide(inputs.get(3)) : null;
        NDArray runningVar = running ? Recorded.wide(inputs.get(4)) : null;
        NDList results =
                FORWARD.call(
                        rows, gamma, beta, runningMean, runningVar, momentum, eps / r, 2 * scale);
        NDArray h = results.get(0); // (n, C)
        if (runningMean != null && runningVar != null) {
            writeBack(inputs.get(3), runningMean);
            writeBack(inputs.get(4), runningVar);
        }

        // h, from which tanh's own derivative follows, instead of y.
        ctx.saveForBackward(rows, gamma, h, results.get(1), results.get(2));
        ctx.setAttribute("scale", scale);
        ctx.setAttribute("x", shape);
        ctx.setAttribute("gamma", inputs.get(1).getShape());
        ctx.setAttribute("inputs", inputs.size());
        return new NDList(in(Recorded.castLike(h, x), shape));
    }

    @Override
    protected NDList backward(FunctionContext ctx, NDList gradOutputs) {
        NDArray like = gradOutputs.get(0);
        NDArray dh = Recorded.wide(rows(like)); // (n, C)
        NDList saved = ctx.savedTensors();
        NDArray rows = saved.get(0);
        NDArray gamma = saved.get(1);
        NDArray h = saved.get(2);
        double scale = ctx.getAttribute("scale", Double.class);
        NDList gradients = BACKWARD.call(dh, rows, gamma, h, saved.get(3), saved.get(4), scale);

        Shape parameter = ctx.getAttribute("gamma", Shape.class);
        NDArray[] dInputs = new NDArray[ctx.getAttribute("inputs", Integer.class)];
        dInputs[0] =
                in(Recorded.castLike(gradients.get(0), like), ctx.getAttribute("x", Shape.class));
        dInputs[1] = in(Recorded.castLike(gradients.get(1), like), parameter);
        dInputs[2] = in(Recorded.castLike(gradients.get(2), like), parameter);
        return new NDList(dInputs); // null for the running statistics
    }

    /** Writes statistics that were moved in another type back. */
    static void writeBack(NDArray running, NDArray moved) {
        if (moved != running) {
            InPlace.copy(running, moved);
        }
    }

    // At a few microseconds an operation, one that changes nothing is worth leaving out.

    private static NDArray rows(NDArray x) {
        Shape shape = x.getShape();
        return shape.dimension() == 2 ? x : x.reshape(-1, shape.getLastDimension());
    }

    private static NDArray vector(NDArray parameter) {
        return parameter.getShape().dimension() == 1 ? parameter : parameter.flatten();
    }

    private static NDArray in(NDArray array, Shape shape) {
        return array.getShape().dimension() == shape.dimension() ? array : array.reshape(shape);
    }

    /**
     * The same with the running statistics for those of the batch, differentiated by the engine.
     */
    NDArray evaluate(NDList inputs) {
        return RunningStatistics.normalize(
                        inputs.get(0),
                        inputs.get(1),
                        inputs.get(2),
                        inputs.get(3),
                        inputs.get(4),
                        eps)
                .tanh();
    }

    @Override
    protected boolean onceDifferentiable() {
        return true;
    }

    @Override
    protected List<String> inputNames() {
        return List.of("x", "gamma", "beta", "runningMean", "runningVar");
    }
}
