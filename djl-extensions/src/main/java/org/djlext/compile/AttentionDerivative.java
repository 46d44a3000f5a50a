/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.compile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.List;

/** The derivative of attention by the kernels that the engine takes on a CPU. */
final class AttentionDerivative {

    private static final String KERNEL = "_scaled_dot_product_flash_attention_for_cpu";

    private AttentionDerivative() {}

    /** Tells whether the kernels do it: no mask but the causal one, and no dropout. */
    static boolean covers(Line line) {
        Shape shape = line.operand(0).shape;
        return line.arguments().size() == 6
                && line.arguments().get(3).equals("None")
                && line.arguments().get(4).equals("0.0")
                && shape.dimension() == 4
                && shape.equals(line.operand(1).shape)
                && shape.equals(line.operand(2).shape);
    }

    // q, k, v of shape (B, H, T, hs), mask, dropout, causal
    static void apply(LineGradient g) {
        List<Object> arguments = g.line().arguments();
        Object causal = arguments.get(5);
        Shape shape = g.shape(0);
        Value y = g.line().result();
        Value logSums =
                g.compute(
                                KERNEL,
                                List.of(
                                        arguments.get(0),
                                        arguments.get(1),
                                        arguments.get(2),
                                        "0.0",
                                        causal),
                                List.of(shape.slice(0, 3)),
                                g.dy().getDataType())
                        .get(0);
        NDList gradients =
                g.call(
                        KERNEL + "_backward",
                        new int[] {0, 1, 2},
                        g.dy(),
                        arguments.get(0),
                        arguments.get(1),
                        arguments.get(2),
                        y,
                        logSums,
                        "0.0",
                        causal);
        for (int i = 0; i < 3; i++) {
            NDArray gradient = gradients.get(i);
            g.add(i, gradient);
        }
    }
}
