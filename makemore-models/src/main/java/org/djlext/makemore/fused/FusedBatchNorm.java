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

    private static final String NONE = "None, None, True, 0.0";

    @Override
    public Runnable write(StepCode code) {
        String x = code.x();
        String g = code.array(gamma);
        String b = code.array(beta);
        String r = "bessel_" + code.rows();
        String y = code.next();
        code.line("g_%s = %s * (%s ** -0.5)", y, g, r);
        code.line(
                "%s, mean_%s, inverse_%s = torch.native_batch_norm(%s, g_%s, %s, %s, %s / %s)",
                y, y, y, x, y, b, running == null ? NONE : running.buffers(code), eps, r);
        if (running != null && running.deviation) {
            code.line("%s.lerp_(mean_%s, %s)", code.array(running.mean), y, running.momentum);
            code.line(
                    "%s.lerp_((inverse_%s ** -2.0 * %s - %s).sqrt_(), %s)",
                    code.array(running.spread), y, r, eps, running.momentum);
        }
        return () -> {
            code.line(
                    "d, dg, db = torch.native_batch_norm_backward(d, %s, g_%s, None, None, mean_%s,"
                            + " inverse_%s, True, %s / %s, [True, True, True])",
                    x, y, y, y, eps, r);
            code.line("%s.sub_(dg, alpha=lr * %s ** -0.5)", g, r);
            code.line("%s.sub_(db, alpha=lr)", b);
        };
    }
}
