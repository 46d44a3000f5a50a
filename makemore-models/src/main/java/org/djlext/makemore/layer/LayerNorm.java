/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.layer;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.Initializer;
import java.util.List;
import org.djlext.makemore.fused.FusedLayer;
import org.djlext.makemore.fused.FusedLayerNorm;

/**
 * Layer normalization (Ba et al., 2016): each position's features get mean 0 and variance 1, then a
 * scale and a shift that are learned. The same in training and evaluation.
 *
 * <p>Input and output: (.., C). Parameters as PyTorch's: weight, initially 1, and bias, initially
 * 0, of shape (C).
 */
public final class LayerNorm extends Layer {

    private static final double EPS = 1e-5;

    private final Operations operations;
    private final Parameter weight;
    private final Parameter bias;

    /**
     * Makes the layer.
     *
     * @param gradients who differentiates
     * @param features C
     */
    public LayerNorm(Gradients gradients, long features) {
        operations = gradients.operations();
        weight = addParameter("weight", Parameter.Type.GAMMA, Initializer.ONES, features);
        bias = addParameter("bias", Parameter.Type.BETA, Initializer.ZEROS, features);
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        return operations.layerNorm(x, pass.value(weight), pass.value(bias), EPS);
    }

    @Override
    public List<FusedLayer> fused() {
        return List.of(new FusedLayerNorm(weight.getArray(), bias.getArray(), EPS));
    }

    @Override
    public String toString() {
        return "LayerNorm";
    }
}
