/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.fused;

import ai.djl.ndarray.NDArray;
import org.jspecify.annotations.Nullable;

/**
 * A linear layer, y = x W + b.
 *
 * @param weight W, (in, out), or its transpose
 * @param bias b, (out), or null for none
 * @param transposed whether the weight is (out, in), as PyTorch has it
 */
public record FusedLinear(NDArray weight, @Nullable NDArray bias, boolean transposed)
        implements FusedLayer {

    @Override
    public Runnable write(StepCode code) {
        String x = code.x();
        String p = code.parameter(weight);
        String w = transposed ? code.transposed(p) : p;
        String wTransposed = transposed ? p : code.transposed(p);
        String b = bias == null ? null : code.parameter(bias);
        String rows = code.rows();
        String y = code.buffer(weight.getShape().get(transposed ? 0 : 1));
        if (b == null) {
            code.line("torch.mm(%s, %s, out=%s)", x, w, y);
        } else {
            code.line("torch.addmm(%s, %s, %s, out=%s)", b, x, w, y);
        }
        return () -> {
            String dy = StepCode.d(y);
            String dyTransposed = code.transposed(dy);
            // dx = dy W^T, with W as it was in forward
            code.line("torch.mm(%s, %s, out=%s)", dy, wTransposed, code.gradient(x));
            // dW = x^T dy
            if (transposed) {
                code.productGradient(p, dyTransposed, x);
            } else {
                code.productGradient(p, code.transposed(x), dy);
            }
            // db = the sum of dy over its rows
            if (b != null) {
                code.rowSumGradient(b, dyTransposed, rows);
            }
        };
    }
}
