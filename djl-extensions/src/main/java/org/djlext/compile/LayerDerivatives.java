/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * Derivatives of operations whose backward needs more than forward returns: mean and deviation of a
 * normalization, what dropout has dropped. Forward computes these too then.
 */
final class LayerDerivatives {

    // The kernel that the engine takes on a CPU.
    private static final String ATTENTION = "_scaled_dot_product_flash_attention_for_cpu";

    private LayerDerivatives() {}

    static void addTo(Map<String, Derivatives.Rule> rules) {
        rules.put("batch_norm", LayerDerivatives::batchNorm);
        rules.put("native_batch_norm", LayerDerivatives::nativeBatchNorm);
        rules.put("layer_norm", LayerDerivatives::layerNorm);
        rules.put("native_layer_norm", LayerDerivatives::nativeLayerNorm);
        rules.put(
                "nll_loss_forward", // s0 is the number of labels that are not ignored
                g -> g.kernel("nll_loss_backward(dy, x0, x1, x2, x3, x4, s0)", 0));
        rules.put("dropout", LayerDerivatives::dropout);
        for (int axes = 1; axes <= 3; axes++) {
            rules.put("conv" + axes + "d", LayerDerivatives::convolution);
        }
        rules.put("scaled_dot_product_attention", LayerDerivatives::attention);
    }

    // x, gamma, beta, running mean, running variance, training, momentum, eps, cudnn
    private static void batchNorm(LineGradient g) {
        Shape channels = g.shape(3);
        g.compute("native_batch_norm", g.line().arguments().subList(0, 8), channels, channels);
        nativeBatchNorm(g);
    }

    private static void nativeBatchNorm(LineGradient g) {
        String call = "native_batch_norm_backward(dy, x0, x1, x3, x4, s0, s1, x5, x7, mask)";
        g.kernel(call, 0, 1, 2);
    }

    // x, normalized shape, gamma, beta, eps
    private static void layerNorm(LineGradient g) {
        Shape x = g.shape(0);
        int normalized = g.numbers(1).length;
        Shape rows = x.slice(0, x.dimension() - normalized);
        for (int i = 0; i < normalized; i++) {
            rows = rows.add(1);
        }
        g.compute("native_layer_norm", g.line().arguments(), rows, rows);
        nativeLayerNorm(g);
    }

    private static void nativeLayerNorm(LineGradient g) {
        g.kernel("native_layer_norm_backward(dy, x0, x1, s0, s1, x2, x3, mask)", 0, 2, 3);
    }

    // What the engine's own dropout does, so that it draws the same numbers.
    private static void dropout(LineGradient g) {
        Line line = g.line();
        if (!line.isRandom()) {
            g.add(0, g.dy());
            return;
        }
        String keep = Double.toString(1 - Double.parseDouble(g.argument(1).toString()));
        Value x = line.operand(0);
        Value drawn = g.newValue(x.shape);
        Value noise = g.newValue(x.shape);
        g.replaceBy(
                List.of(
                        new Line("bernoulli", List.of(x, keep), List.of(drawn), line.source()),
                        new Line("div", List.of(drawn, keep), List.of(noise), line.source()),
                        line.with("mul", x, noise)),
                noise);
        g.kernel("mul(dy, s0)", 0);
    }

    // x, w, b, stride, padding, dilation, groups
    private static void convolution(LineGradient g) {
        Shape w = g.shape(1);
        String bias = g.isArray(2) ? "[" + w.get(0) + "]" : "None";
        String none = Collections.nCopies(w.dimension() - 2, 0).toString().replace(" ", "");
        String arguments = "dy, x0, x1, " + bias + ", x3, x4, x5, False, " + none + ", x6, mask";
        g.kernel("convolution_backward(" + arguments + ")", 0, 1, 2);
    }

    /** Tells whether the kernels do it: no mask but the causal one, and no dropout. */
    static boolean coversAttention(Line line) {
        Shape shape = line.operand(0).shape;
        return line.arguments().size() == 6
                && line.arguments().get(3).equals("None")
                && line.arguments().get(4).equals("0.0")
                && shape.dimension() == 4
                && shape.equals(line.operand(1).shape)
                && shape.equals(line.operand(2).shape);
    }

    // q, k, v of shape (B, H, T, hs), mask, dropout, causal
    private static void attention(LineGradient g) {
        List<Object> arguments = new ArrayList<>(g.line().arguments());
        arguments.remove(3);
        g.compute(ATTENTION, arguments, g.shape(0).slice(0, 3));
        g.kernel(ATTENTION + "_backward(dy, x0, x1, x2, y, s0, 0.0, x5)", 0, 1, 2);
    }
}
