/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.fused;

import ai.djl.ndarray.NDArray;
import org.jspecify.annotations.Nullable;

/**
 * Batch normalization over the rows, with the unbiased variance, as the lectures write it.
 *
 * <p>The engine's kernels divide by n and the lectures by n - 1. With r = n / (n - 1) the unbiased
 * variance is r times the biased one, so gamma / sqrt(r) and eps / r make the kernels compute the
 * lectures' result; see {@link org.djlext.nn.BatchNormFunction} for the derivation of backward.
 *
 * @param gamma the scale, (features)
 * @param beta the shift, (features)
 * @param eps what is added to the variance
 * @param running the running statistics, or null for none
 */
public record FusedBatchNorm(
        NDArray gamma, NDArray beta, double eps, @Nullable RunningStatistics running)
        implements FusedLayer {

    private static final String NONE = "None, None, True, 0.0";

    /**
     * What is kept for evaluation: {@code running = (1 - momentum) running + momentum batch}.
     *
     * @param mean (features)
     * @param spread the variance or the standard deviation, (features)
     * @param deviation whether it is the latter
     * @param momentum the weight of a new batch
     */
    public record RunningStatistics(
            NDArray mean, NDArray spread, boolean deviation, double momentum) {

        /** Returns what the kernel takes: it can move a variance, which it takes unbiased. */
        private String buffers(StepCode code) {
            return deviation
                    ? NONE
                    : code.array(mean) + ", " + code.array(spread) + ", True, " + momentum;
        }
    }

    @Override
    public Runnable write(StepCode code) {
        String x = code.x();
        String g = code.parameter(gamma);
        String b = code.parameter(beta);
        String r = "bessel_" + code.rows();
        String y = code.buffer(gamma.size());
        String buffers = running == null ? NONE : running.buffers(code);
        code.declare("mean_%s = torch.empty_like(%s)", y, g);
        code.declare("inverse_%s = torch.empty_like(%s)", y, g);
        String root = code.constant("root_" + r, r + " ** -0.5");
        code.declare("g_%s = torch.empty_like(%s)", y, g);
        code.line("torch.mul(%s, %s, out=g_%s)", g, root, y);
        code.line(
                "torch.native_batch_norm(%s, g_%s, %s, %s, %s / %s, out=%s, save_mean=mean_%s,"
                        + " save_invstd=inverse_%s)",
                x, y, b, buffers, eps, r, y, y, y);
        if (running != null && running.deviation) {
            code.line("%s.lerp_(mean_%s, %s)", code.array(running.mean), y, running.momentum);
            code.line(
                    "%s.lerp_((inverse_%s ** -2.0 * %s - %s).sqrt_(), %s)",
                    code.array(running.spread), y, r, eps, running.momentum);
        }
        return () -> {
            code.line(
                    "%s, dg_%s, db_%s = torch.native_batch_norm_backward(%s, %s, g_%s, None, None,"
                            + " mean_%s, inverse_%s, True, %s / %s, [True, True, True])",
                    code.boundGradient(x), y, y, StepCode.d(y), x, y, y, y, eps, r);
            code.scaledGradient(g, r + " ** -0.5", "dg_" + y);
            code.anyGradient(b, "db_" + y);
        };
    }
}
