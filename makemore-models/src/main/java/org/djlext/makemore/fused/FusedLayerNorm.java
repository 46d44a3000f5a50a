/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.fused;

import ai.djl.ndarray.NDArray;

/**
 * Layer normalization; see {@link org.djlext.nn.LayerNormFunction} for the derivation of backward.
 *
 * @param gamma the scale, (features)
 * @param beta the shift, (features)
 * @param eps what is added to the variance
 */
public record FusedLayerNorm(NDArray gamma, NDArray beta, double eps) implements FusedLayer {

    @Override
    public Runnable write(StepCode code) {
        String x = code.x();
        String g = code.parameter(gamma);
        String b = code.parameter(beta);
        String y = code.bound(gamma.size());
        String features = "[" + gamma.size() + "]";
        code.line(
                "%s, mean_%s, inverse_%s = torch.native_layer_norm(%s, %s, %s, %s, %s)",
                y, y, y, x, features, g, b, eps);
        return () -> {
            code.line(
                    "%s, dg_%s, db_%s = torch.native_layer_norm_backward(%s, %s, %s, mean_%s,"
                            + " inverse_%s, %s, %s, [True, True, True])",
                    code.boundGradient(x), y, y, StepCode.d(y), x, features, y, y, g, b);
            code.anyGradient(g, "dg_" + y);
            code.anyGradient(b, "db_" + y);
        };
    }
}
