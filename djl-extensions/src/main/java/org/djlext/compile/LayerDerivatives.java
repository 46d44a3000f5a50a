/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
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

    private LayerDerivatives() {}

    static void addTo(Map<String, Derivatives.Rule> rules) {
        rules.put("batch_norm", LayerDerivatives::batchNorm);
        rules.put("native_batch_norm", g -> batchNorm(g, g.besides()));
        rules.put("layer_norm", LayerDerivatives::layerNorm);
        rules.put("native_layer_norm", g -> layerNorm(g, g.besides()));
        rules.put("nll_loss_forward", LayerDerivatives::negativeLogLikelihood);
        rules.put("dropout", LayerDerivatives::dropout);
        for (int axes = 1; axes <= 3; axes++) {
            rules.put("conv" + axes + "d", LayerDerivatives::convolution);
        }
    }

    // x, gamma, beta, running mean, running variance, training, momentum, eps, cudnn
    private static void batchNorm(LineGradient g) {
        List<Object> arguments = g.line().arguments();
        Shape channels = g.shape(3);
        List<Value> saved =
                g.compute(
                        "native_batch_norm",
                        arguments.subList(0, 8),
                        List.of(channels, channels),
                        g.dy().getDataType());
        batchNorm(g, saved);
    }

    private static void batchNorm(LineGradient g, List<Value> saved) {
        List<Object> arguments = g.line().arguments();
        NDList gradients =
                g.call(
                        "native_batch_norm_backward",
                        new int[] {0, 1, 2},
                        g.dy(),
                        arguments.get(0),
                        arguments.get(1),
                        arguments.get(3),
                        arguments.get(4),
                        saved.get(0),
                        saved.get(1),
                        arguments.get(5),
                        arguments.get(7),
                        mask(g, 0, 1, 2));
        addAll(g, gradients, 0, 1, 2);
    }

    // x, normalized shape, gamma, beta, eps
    private static void layerNorm(LineGradient g) {
        List<Object> arguments = g.line().arguments();
        Shape x = g.shape(0);
        int normalized = g.numbers(1).length;
        Shape rows = x.slice(0, x.dimension() - normalized);
        for (int i = 0; i < normalized; i++) {
            rows = rows.add(1);
        }
        List<Value> saved =
                g.compute(
                        "native_layer_norm", arguments, List.of(rows, rows), g.dy().getDataType());
        layerNorm(g, saved);
    }

    private static void layerNorm(LineGradient g, List<Value> saved) {
        List<Object> arguments = g.line().arguments();
        NDList gradients =
                g.call(
                        "native_layer_norm_backward",
                        new int[] {0, 2, 3},
                        g.dy(),
                        arguments.get(0),
                        arguments.get(1),
                        saved.get(0),
                        saved.get(1),
                        arguments.get(2),
                        arguments.get(3),
                        mask(g, 0, 2, 3));
        addAll(g, gradients, 0, 2, 3);
    }

    // log probabilities, labels, weight, reduction, ignored label
    private static void negativeLogLikelihood(LineGradient g) {
        List<Object> arguments = new ArrayList<>(g.line().arguments());
        arguments.add(0, g.dy());
        arguments.addAll(g.besides()); // the number of labels that are not ignored
        g.add(0, g.call("nll_loss_backward", 0, arguments.toArray()));
    }

    // What the engine's own dropout does, so that it draws the same numbers.
    private static void dropout(LineGradient g) {
        Line line = g.line();
        if (!line.isRandom()) {
            g.add(0, g.dy());
            return;
        }
        double keep = 1 - Double.parseDouble(line.arguments().get(1).toString());
        Value x = line.operand(0);
        Value drawn = g.tape().newValue(x.shape, x.type);
        Value noise = g.tape().newValue(x.shape, x.type);
        String source = line.source();
        g.replaceBy(
                new Line("bernoulli", List.of(x, Double.toString(keep)), List.of(drawn), source),
                new Line("div", List.of(drawn, Double.toString(keep)), List.of(noise), source),
                new Line("mul", List.of(x, noise), line.results(), source));
        g.add(0, g.call("mul", 0, g.dy(), noise));
    }

    // x, w, b, stride, padding, dilation, groups
    private static void convolution(LineGradient g) {
        List<Object> arguments = g.line().arguments();
        Shape w = g.shape(1);
        String biasSizes = g.isArray(2) ? "[" + w.get(0) + "]" : "None";
        String none = new ArrayList<>(Collections.nCopies(w.dimension() - 2, 0)).toString();
        NDList gradients =
                g.call(
                        "convolution_backward",
                        new int[] {0, 1, 2},
                        g.dy(),
                        arguments.get(0),
                        arguments.get(1),
                        biasSizes,
                        arguments.get(3),
                        arguments.get(4),
                        arguments.get(5),
                        "False",
                        none,
                        arguments.get(6),
                        mask(g, 0, 1, 2));
        addAll(g, gradients, 0, 1, 2);
    }

    /** Which gradients are wanted, as kernels of backward are told. */
    private static String mask(LineGradient g, int... operands) {
        List<String> wanted = new ArrayList<>();
        for (int operand : operands) {
            wanted.add(g.wants(operand) ? "True" : "False");
        }
        return wanted.toString();
    }

    private static void addAll(LineGradient g, NDList gradients, int... operands) {
        for (int i = 0; i < operands.length; i++) {
            NDArray gradient = gradients.get(i);
            if (g.wants(operands[i])) {
                g.add(operands[i], gradient);
            }
        }
    }
}
