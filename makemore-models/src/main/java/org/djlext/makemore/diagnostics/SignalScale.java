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
     * Measures the layer, {@code c = b @ a}, alone or with batch norm after it.
     *
     * @param manager a manager for the work
     * @param seed the seed of all numbers
     * @param n how wide the layer is
     * @param batchNorm whether there is batch norm
     * @return standard deviations by the notebook's names, and those of their gradients: input a,
     *     weights b, output c; with batch norm input inp, weights w, output x and normalized out
     */
    public static Map<String, Double> of(NDManager manager, long seed, int n, boolean batchNorm) {
        try (NDManager sub = manager.newSubManager();
                Autograd.Scope recorded = Autograd.enableGrad()) {
            TorchGenerator generator = new TorchGenerator(seed);
            NDArray input = leaf(generator.randn(sub, n, 1));
            NDArray weights = leaf(generator.randn(sub, n, n));
            NDArray output = weights.matMul(input); // (n, 1)
            NDList arrays = new NDList(input, weights, output);
            if (batchNorm) {
                NDList parameters =
                        new NDList(output, sub.ones(new Shape(1)), sub.zeros(new Shape(1)));
                arrays.add(new BatchNormFunction(EPS, 1).apply(parameters).get(0));
            }
            NDArray loss = generator.randn(sub, 1, n).matMul(arrays.get(arrays.size() - 1));
            List<String> names =
                    batchNorm ? List.of("inp", "w", "x", "out") : List.of("a", "b", "c");
            return stds(loss, names, arrays);
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
