/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.layer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.Initializer;
import ai.djl.training.initializer.NormalInitializer;
import ai.djl.training.initializer.UniformInitializer;
import java.util.List;
import java.util.Map;
import org.djlext.makemore.fused.FusedLayer;
import org.djlext.makemore.fused.FusedLinear;
import org.jspecify.annotations.Nullable;

/**
 * A linear layer, y = x W + b, of the lectures or of PyTorch.
 *
 * <p>The lectures' {@code Linear} (makemore 3) keeps W as (in, out) and draws it from the normal
 * distribution with the standard deviation 1 / sqrt(in), so that outputs have the scale of inputs;
 * b is 0. PyTorch's {@code nn.Linear} keeps W as (out, in) and draws both from the uniform
 * distribution over -1/sqrt(in) to 1/sqrt(in).
 *
 * <p>Input: (.., in). Output: (.., out).
 *
 * @see <a href="https://arxiv.org/abs/1502.01852">He et al., 2015 (Kaiming initialization)</a>
 */
public final class Linear extends Layer {

    private final Operations operations;
    private final long fanOut;
    private final boolean transposed;
    private final Parameter weight;
    private final @Nullable Parameter bias;

    private Linear(
            Gradients gradients,
            long fanIn,
            long fanOut,
            boolean transposed,
            Initializer weights,
            @Nullable Initializer biases) {
        operations = gradients.operations();
        this.fanOut = fanOut;
        this.transposed = transposed;
        weight =
                transposed
                        ? addParameter("weight", Parameter.Type.WEIGHT, weights, fanOut, fanIn)
                        : addParameter("weight", Parameter.Type.WEIGHT, weights, fanIn, fanOut);
        bias = biases == null ? null : addParameter("bias", Parameter.Type.BIAS, biases, fanOut);
    }

    /**
     * Makes the lectures' layer, with a bias of zeros or none.
     *
     * @param gradients who differentiates
     * @param fanIn the length of a row of the input
     * @param fanOut the length of a row of the output
     * @param bias whether there is a bias
     * @return the layer
     */
    public static Linear lecture(Gradients gradients, long fanIn, long fanOut, boolean bias) {
        return normal(
                gradients,
                fanIn,
                fanOut,
                1 / Math.sqrt((double) fanIn),
                bias ? Initializer.ZEROS : null);
    }

    /**
     * Makes a layer whose weights have another standard deviation.
     *
     * @param gradients who differentiates
     * @param fanIn the length of a row of the input
     * @param fanOut the length of a row of the output
     * @param sigma the standard deviation of the initial weights
     * @param biases where the biases come from, or null for none
     * @return the layer
     */
    public static Linear normal(
            Gradients gradients,
            long fanIn,
            long fanOut,
            double sigma,
            @Nullable Initializer biases) {
        return new Linear(
                gradients, fanIn, fanOut, false, new NormalInitializer((float) sigma), biases);
    }

    /**
     * Makes PyTorch's layer.
     *
     * @param gradients who differentiates
     * @param fanIn the length of a row of the input
     * @param fanOut the length of a row of the output
     * @param bias whether there is a bias
     * @return the layer
     */
    public static Linear pyTorch(Gradients gradients, long fanIn, long fanOut, boolean bias) {
        Initializer uniform = new UniformInitializer((float) (1 / Math.sqrt((double) fanIn)));
        return new Linear(gradients, fanIn, fanOut, true, uniform, bias ? uniform : null);
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        NDArray w = pass.value(weight);
        // A view; the engine brings its gradient back into the parameter's layout.
        NDArray inOut = transposed ? pass.here(w.transpose()) : w;
        return operations.linear(x, inOut, bias == null ? null : pass.value(bias));
    }

    @Override
    public List<FusedLayer> fused() {
        return List.of(
                new FusedLinear(
                        weight.getArray(), bias == null ? null : bias.getArray(), transposed));
    }

    @Override
    protected Shape outputShape(Shape input) {
        return withLast(input, fanOut);
    }

    @Override
    protected Map<String, ?> settings() {
        // The shape tells nothing where both sizes are equal.
        return Map.of("weight", transposed ? "(out, in)" : "(in, out)");
    }

    @Override
    public String toString() {
        return "Linear";
    }
}
