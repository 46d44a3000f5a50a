/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.diagnostics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.djlext.autograd.Autograd;
import org.djlext.makemore.data.TorchGenerator;
import org.djlext.nn.BatchNormFunction;

/**
 * What one wide linear layer does to the scale of a signal, forward and backward, with and without
 * batch norm (the last cells of makemore 3's notebook).
 *
 * <p>The n inputs and n x n weights are standard normal. The layer multiplies the standard
 * deviation by sqrt(n), that of the signal forward and that of the gradient backward; batch norm,
 * here over the n outputs, takes it back.
 */
public final class SignalScale {

    private static final double EPS = 1e-5;

    private SignalScale() {}

    /**
     * Measures the layer alone, {@code c = b @ a}.
     *
     * @param manager a manager for the work
     * @param seed the seed of all numbers
     * @param n how wide the layer is
     * @return standard deviations by the notebook's names: input a, weights b, output c, and their
     *     gradients
     */
    public static Map<String, Double> linear(NDManager manager, long seed, int n) {
        try (NDManager sub = manager.newSubManager();
                Autograd.Scope recorded = Autograd.enableGrad()) {
            TorchGenerator generator = new TorchGenerator(seed);
            NDArray a = leaf(generator.randn(sub, n, 1));
            NDArray b = leaf(generator.randn(sub, n, n));
            NDArray c = b.matMul(a); // (n, 1)
            NDArray loss = generator.randn(sub, 1, n).matMul(c);
            return stds(loss, List.of("a", "b", "c"), new NDList(a, b, c));
        }
    }

    /**
     * Measures the layer with batch norm after it.
     *
     * @param manager a manager for the work
     * @param seed the seed of all numbers
     * @param n how wide the layer is
     * @return standard deviations by the notebook's names: input inp, weights w, output of the
     *     layer x and of batch norm out, and their gradients
     */
    public static Map<String, Double> linearWithBatchNorm(NDManager manager, long seed, int n) {
        try (NDManager sub = manager.newSubManager();
                Autograd.Scope recorded = Autograd.enableGrad()) {
            TorchGenerator generator = new TorchGenerator(seed);
            NDArray inp = leaf(generator.randn(sub, n, 1));
            NDArray w = leaf(generator.randn(sub, n, n));
            NDArray x = w.matMul(inp); // (n, 1)
            NDArray gamma = sub.ones(new Shape(1));
            NDArray beta = sub.zeros(new Shape(1));
            NDArray out = new BatchNormFunction(EPS, 1).apply(new NDList(x, gamma, beta)).get(0);
            NDArray loss = generator.randn(sub, 1, n).matMul(out);
            return stds(loss, List.of("inp", "w", "x", "out"), new NDList(inp, w, x, out));
        }
    }

    private static NDArray leaf(NDArray array) {
        array.setRequiresGradient(true);
        return array;
    }

    private static Map<String, Double> stds(NDArray loss, List<String> names, NDList arrays) {
        Map<String, Double> stds = new LinkedHashMap<>();
        NDList gradients = Autograd.grad(new NDList(loss), arrays);
        for (int i = 0; i < names.size(); i++) {
            stds.put(names.get(i), Distribution.of(arrays.get(i)).std());
        }
        for (int i = names.size() - 1; i >= 0; i--) {
            stds.put(names.get(i) + ".grad", Distribution.of(gradients.get(i)).std());
        }
        return stds;
    }
}
