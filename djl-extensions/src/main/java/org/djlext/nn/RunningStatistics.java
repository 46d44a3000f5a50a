/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.Initializer;
import org.djlext.autograd.Autograd;
import org.djlext.torch.ScriptFunction;
import org.djlext.torch.TorchScript;

/**
 * What batch normalization keeps of its batches for evaluation: a mean and a variance, or another
 * spread, of each channel.
 *
 * <p>In a model of halves they are kept in FLOAT32: the variance of numbers that are float16 may be
 * none itself.
 */
public final class RunningStatistics {

    private static final TorchScript SCRIPT =
            TorchScript.compile(
                    """
                    def move(running, batch, momentum: float):
                        running.mul_(1.0 - momentum).add_(batch * momentum)

                    def normalize(x, gamma, beta, mean, var, eps: float):
                        scale = torch.sqrt(var + eps).reciprocal() * gamma
                        return ((x - mean) * scale + beta).to(x.dtype)
                    """);
    private static final ScriptFunction MOVE = SCRIPT.function("move");
    private static final ScriptFunction NORMALIZE = SCRIPT.function("normalize");

    private RunningStatistics() {}

    /**
     * Makes the parameter for running statistics. It is not trained.
     *
     * @param name its name
     * @param type RUNNING_MEAN, which is 0 at first, or RUNNING_VAR, 1 at first
     * @return the parameter, FLOAT32 in a model of halves
     */
    public static Parameter parameter(String name, Parameter.Type type) {
        Initializer initial =
                type == Parameter.Type.RUNNING_VAR ? Initializer.ONES : Initializer.ZEROS;
        return Parameter.builder()
                .setName(name)
                .setType(type)
                .optInitializer(
                        (manager, shape, dataType) ->
                                initial.initialize(
                                        manager,
                                        shape,
                                        dataType == DataType.FLOAT64 ? dataType : DataType.FLOAT32))
                .optRequiresGrad(false)
                .build();
    }

    /**
     * Moves running statistics in place: {@code running = (1 - momentum) running + momentum batch}.
     *
     * @param running the running statistics, of any shape
     * @param batch those of a batch, of the same shape
     * @param momentum the weight of the batch
     */
    public static void move(NDArray running, NDArray batch, double momentum) {
        try (Autograd.Scope scope = Autograd.noGrad()) {
            MOVE.call(running, batch, momentum);
        }
    }

    /**
     * Normalizes with running statistics, in operations that the engine differentiates.
     *
     * @param x (.., C)
     * @param gamma the scale, (C)
     * @param beta the shift, (C)
     * @param mean the running mean, (C)
     * @param var the running variance, (C)
     * @param eps what is added to the variance
     * @return gamma (x - mean) (var + eps)^-1/2 + beta, (.., C) of x's type
     */
    public static NDArray normalize(
            NDArray x, NDArray gamma, NDArray beta, NDArray mean, NDArray var, double eps) {
        return NORMALIZE.callForArray(x, gamma, beta, mean, var, eps);
    }
}
