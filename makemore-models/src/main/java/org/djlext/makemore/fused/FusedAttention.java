/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.fused;

/**
 * Causal self-attention (Vaswani et al., 2017) between the linear layers around it: (N, 3 C), which
 * are query, key and value, to (N, C).
 *
 * <p>y = P v with P = softmax(q k^T / sqrt(C / H), what comes later left out), for each example and
 * head; see {@link org.djlext.nn.CausalAttentionFunction} for the derivation of backward.
 *
 * @param channels C
 * @param heads H, which divides C
 * @param order how query, key and value stand in a row
 */
public record FusedAttention(int channels, int heads, Order order) implements FusedLayer {

    /** How query, key and value stand in a row of the input. */
    public enum Order {
        /** The queries of all heads, their keys, their values, as in GPT-2. */
        QUERIES_KEYS_VALUES,
        /** Key, query and value of each head, one head after the other. */
        HEAD_BY_HEAD
    }

    @Override
    public Runnable write(StepCode code) {
        int size = channels / heads;
        int steps = code.positions();
        double scale = 1 / Math.sqrt(size);
        String x = code.x();
        String y = code.buffer(channels);
        boolean byHead = order == Order.HEAD_BY_HEAD;
        String apart =
                String.format(
                        byHead
                                ? ".view(n, %d, %d, 3, %d).permute(3, 0, 2, 1, 4)"
                                : ".view(n, %d, 3, %d, %d).permute(2, 0, 3, 1, 4)",
                        steps,
                        heads,
                        size);
        String three = byHead ? "k_%s, q_%s, v_%s" : "q_%s, k_%s, v_%s";
        String merged = ".view(n, %d, %d, %d).transpose(1, 2)";
        code.declare(
                "mask_%s = torch.full([%d, %d], -math.inf, dtype=p0.dtype, device=p0.device).triu_(1)",
                y, steps, steps);
        code.declare("%s_apart = %s" + apart, x, x);
        code.declare("%s_merged = %s" + merged, y, y, steps, heads, size);
        code.declare(
                "qkv_%s = torch.empty([3, n, %d, %d, %d], dtype=p0.dtype, device=p0.device)",
                y, heads, steps, size);
        code.declare(three + " = qkv_%s.view(3, -1, %d, %d).unbind(0)", y, y, y, y, steps, size);
        code.declare(
                "weights_%s = torch.empty([n * %d, %d, %d], dtype=p0.dtype, device=p0.device)",
                y, heads, steps, steps);
        code.declare("scores_%s = torch.empty_like(weights_%s)", y, y);
        code.declare("heads_%s = torch.empty_like(q_%s)", y, y);
        code.declare("heads4_%s = heads_%s.view(n, %d, %d, %d)", y, y, heads, steps, size);
        code.line("qkv_%s.copy_(%s_apart)", y, x);
        code.line(
                "torch.baddbmm(mask_%s, q_%s, k_%s.transpose(1, 2), alpha=%s, out=scores_%s)",
                y, y, y, scale, y);
        code.line("torch._softmax(scores_%s, -1, False, out=weights_%s)", y, y);
        code.line("torch.bmm(weights_%s, v_%s, out=heads_%s)", y, y, y);
        code.line("%s_merged.copy_(heads4_%s)", y, y);
        return () -> {
            String dx = code.gradient(x);
            code.declare("%s_apart = %s" + apart, dx, dx);
            code.declare("dqkv_%s = torch.empty_like(qkv_%s)", y, y);
            code.declare(
                    "d" + three.replace(", ", ", d") + " = dqkv_%s.view(3, -1, %d, %d).unbind(0)",
                    y,
                    y,
                    y,
                    y,
                    steps,
                    size);
            code.line("heads4_%s.copy_(%s" + merged + ")", y, StepCode.d(y), steps, heads, size);
            // dv = P^T dy, dP = dy v^T
            code.line("torch.bmm(weights_%s.transpose(1, 2), heads_%s, out=dv_%s)", y, y, y);
            code.line("torch.bmm(heads_%s, v_%s.transpose(1, 2), out=scores_%s)", y, y, y);
            // softmax: dS = P (dP - the sum of P dP over the row)
            code.line(
                    "ds_%s = torch._softmax_backward_data(scores_%s, weights_%s, -1, %s.dtype)",
                    y, y, y, x);
            // dq = dS k / sqrt(C / H), dk = dS^T q / sqrt(C / H)
            code.line(
                    "torch.baddbmm(dq_%s, ds_%s, k_%s, beta=0, alpha=%s, out=dq_%s)",
                    y, y, y, scale, y);
            code.line(
                    "torch.baddbmm(dk_%s, ds_%s.transpose(1, 2), q_%s, beta=0, alpha=%s, out=dk_%s)",
                    y, y, y, scale, y);
            code.line("%s_apart.copy_(dqkv_%s)", dx, y);
        };
    }
}
