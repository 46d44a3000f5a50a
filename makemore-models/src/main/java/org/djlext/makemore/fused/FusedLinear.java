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
 * @param weight W, (in, out)
 * @param bias b, (out), or null for none
 */
public record FusedLinear(NDArray weight, @Nullable NDArray bias) implements FusedLayer {

    @Override
    public Runnable write(StepCode code) {
        String x = code.x();
        String w = code.array(weight);
        String b = bias == null ? null : code.array(bias);
        String rows = code.rows();
        if (b == null) {
            code.line("%s = torch.mm(%s, %s)", code.next(), x, w);
        } else {
            code.line("%s = torch.addmm(%s, %s, %s)", code.next(), b, x, w);
        }
        return () -> {
            // dx = dy W^T, with W as it was in forward
            code.line("dx = torch.mm(d, %s.t())", w);
            // dW = x^T dy, db = the sum of dy over its rows, which is dy^T 1; product and update
            // in one operation
            code.line("%s.addmm_(%s.t(), d, alpha=-lr)", w, x);
            if (b != null) {
                code.line("%s.addmv_(d.t(), ones_%s, alpha=-lr)", b, rows);
            }
            code.line("d = dx");
        };
    }
}
