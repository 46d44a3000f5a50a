/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.fused;

/**
 * GELU in its tanh form (Hendrycks and Gimpel, 2016), as GPT-2 has it.
 *
 * <p>0.5 x (1 + tanh(u)) = x sigmoid(2 u) with 2 u = x (a + b x^2); see {@link FusedTanh}.
 *
 * @param features the length of a row
 */
public record FusedGelu(long features) implements FusedLayer {

    private static final double A = 2 * Math.sqrt(2 / Math.PI);
    private static final double B = 0.044715 * A;

    @Override
    public Runnable write(StepCode code) {
        String x = code.x();
        String y = code.buffer(features);
        String a = code.constant("gelu_a", A);
        String minus2a = code.constant("gelu_minus_2a", -2 * A);
        code.declare("%s_z = torch.empty_like(%s)", y, y);
        code.declare("%s_s = torch.empty_like(%s)", y, y);
        code.line("torch.mul(%s, %s, out=%s_z)", x, x, y);
        code.line("torch.add(%s, %s_z, alpha=%s, out=%s_z)", a, y, B, y); // z = a + b x^2
        code.line("torch.mul(%s, %s_z, out=%s_s).sigmoid_()", x, y, y); // s = sigmoid(x z)
        code.line("torch.mul(%s, %s_s, out=%s)", x, y, y);
        return () -> {
            // dx = dy s + dy s (1 - s) x (a + 3 b x^2), and a + 3 b x^2 = 3 z - 2 a
            String dy = StepCode.d(y);
            String dx = code.gradient(x);
            code.line("torch.add(%s, %s_z, alpha=3, out=%s_z).mul_(%s)", minus2a, y, y, x);
            code.line("torch.mul(%s, %s_s, out=%s)", dy, y, dx);
            code.line("torch.sigmoid_backward(%s, %s_s, grad_input=%s)", dy, y, dy);
            code.line("%s.addcmul_(%s, %s_z)", dx, dy, y);
        };
    }
}
