/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture4;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Activation;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.djlext.autograd.Autograd;
import org.djlext.examples.lecture.Lab;

/**
 * Where nonlinearities let gradients through: tanh and sigmoid only near 0, ReLU only on the right,
 * where a unit can die for good, leaky ReLU everywhere, ELU on the left ever less.
 */
public final class Nonlinearities extends Lab {

    /** Creates the experiment. */
    public Nonlinearities() {}

    @Override
    protected void run() {
        Map<String, UnaryOperator<NDArray>> functions = new LinkedHashMap<>();
        functions.put("tanh", NDArray::tanh);
        functions.put("sigmoid", Activation::sigmoid);
        functions.put("relu", Activation::relu);
        functions.put("leaky relu", x -> Activation.leakyRelu(x, 0.01f));
        functions.put("elu", x -> Activation.elu(x, 1));
        out.line("derivative at      -5       -2        0        2        5");
        try (NDManager manager = this.manager.newSubManager();
                Autograd.Scope recorded = Autograd.enableGrad()) {
            functions.forEach(
                    (name, function) -> {
                        NDArray x = manager.create(new float[] {-5, -2, 0, 2, 5});
                        x.setRequiresGradient(true);
                        float[] d =
                                Autograd.grad(new NDList(function.apply(x).sum()), new NDList(x))
                                        .get(0)
                                        .toFloatArray();
                        out.line(
                                "%-12s %8.4f %8.4f %8.4f %8.4f %8.4f",
                                name, d[0], d[1], d[2], d[3], d[4]);
                    });
        }
    }
}
