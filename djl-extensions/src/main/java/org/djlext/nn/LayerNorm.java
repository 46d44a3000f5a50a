/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.Initializer;
import java.util.Map;

/**
 * Layer normalization (Ba et al., 2016): each position's features get mean 0 and variance 1, then a
 * scale and a shift that are learned. The same in training and evaluation.
 *
 * <p>Input and output: (.., C). Parameters as PyTorch's: weight, initially 1, and bias, initially
 * 0, of shape (C).
 */
public final class LayerNorm extends Layer {

    private final double eps;
    private final LayerNormFunction function;
    private final Parameter weight;
    private final Parameter bias;

    /**
     * Makes the layer with PyTorch's eps, 1e-5.
     *
     * @param features C
     */
    public LayerNorm(long features) {
        this(features, 1e-5);
    }

    /**
     * Makes the layer.
     *
     * @param features C
     * @param eps what is added to the variance, inside the root; not negative
     */
    public LayerNorm(long features, double eps) {
        this.eps = eps;
        function = new LayerNormFunction(eps);
        Checks.atLeastOne("a layer norm's features", features);
        weight = addParameter("weight", Parameter.Type.GAMMA, Initializer.ONES, features);
        bias = addParameter("bias", Parameter.Type.BETA, Initializer.ZEROS, features);
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        return function.apply(x, pass.value(weight), pass.value(bias));
    }

    @Override
    protected Map<String, ?> settings() {
        return Map.of("eps", eps);
    }
}
