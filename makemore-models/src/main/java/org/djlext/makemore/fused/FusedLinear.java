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

    // Products of matrices take half as long again if a row is no multiple of the vectors.
    private static final int VECTOR = 16;

    // Nothing for softmax, and unlike infinity, nothing when it is multiplied by zero.
    private static final String NEVER = "-1e30";

    @Override
    public Runnable write(StepCode code) {
        String p = code.parameter(weight);
        String b = bias == null ? null : code.parameter(bias);
        return writeLines(code, p, b, out());
    }

    /** Pads them with classes that never come. */
    @Override
    public Runnable writeLogits(StepCode code) {
        long width = (out() + VECTOR - 1) / VECTOR * VECTOR;
        if (bias == null || transposed || width == out() || !code.isSgd()) {
            return write(code);
        }
        String p = code.padded(code.parameter(weight), out(), width, "0.0");
        String b = code.padded(code.parameter(bias), out(), width, NEVER);
        return writeLines(code, p, b, width);
    }

    private long out() {
        return weight.getShape().get(transposed ? 0 : 1);
    }

    private Runnable writeLines(StepCode code, String p, @Nullable String b, long features) {
        String x = code.x();
        String w = transposed ? code.transposed(p) : p;
        String wTransposed = transposed ? p : code.transposed(p);
        String rows = code.rows();
        String y = code.buffer(features);
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
