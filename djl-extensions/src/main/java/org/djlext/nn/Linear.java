/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.Initializer;
import ai.djl.training.initializer.NormalInitializer;
import ai.djl.training.initializer.UniformInitializer;
import ai.djl.training.initializer.XavierInitializer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A linear layer, y = x W + b, by {@link LinearFunction}.
 *
 * <p>W is kept as (in, out), as in the lectures, or as (out, in), as in PyTorch's {@code nn.Linear}
 * and DJL's {@code Linear}. From a builder it starts as DJL's does, normal with the variance 2 /
 * in, and b as 0.
 *
 * <pre>{@code
 * new SequentialBlock()
 *         .add(Linear.builder().setUnits(200).build())
 *         .add(BatchNorm.builder().build())
 *         .add(Activations.tanh())
 *         .add(Linear.builder().setUnits(27).build())
 * }</pre>
 *
 * <p>Input: (.., in). Output: (.., out). Parameters: weight, and bias of shape (out).
 *
 * @see <a href="https://arxiv.org/abs/1502.01852">He et al., 2015 (Kaiming initialization)</a>
 */
public final class Linear extends Layer {

    /** The axes of the weight. */
    public enum Layout {
        /** (in, out), as the lectures keep it: y = x W. */
        IN_OUT,
        /** (out, in), as PyTorch and DJL keep it: y = x W^T. */
        OUT_IN
    }

    private final LinearFunction function = new LinearFunction();
    private final long units;
    private final Layout layout;
    private final Parameter weight;
    private final @Nullable Parameter bias;

    private Linear(Builder builder) {
        units = builder.units;
        layout = builder.layout;
        weight =
                addParameter(
                        Parameter.builder()
                                .setName("weight")
                                .setType(Parameter.Type.WEIGHT)
                                .optInitializer(builder.weights())
                                .build());
        if (builder.inputs > 0) {
            weight.setShape(shape(builder.inputs));
        }
        Initializer biases = builder.biases;
        bias = biases == null ? null : addParameter("bias", Parameter.Type.BIAS, biases, units);
    }

    private Shape shape(long inputs) {
        return layout == Layout.IN_OUT ? new Shape(inputs, units) : new Shape(units, inputs);
    }

    /** {@return a builder of a layer with a bias} */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * {@return the lectures' layer (makemore 3), (in, out): normal with the standard deviation 1 /
     * sqrt(in), so that outputs have the scale of inputs, and with a bias of zeros or none}
     *
     * @param in the length of a row of the input
     * @param out the length of a row of the output
     * @param bias whether there is a bias
     */
    public static Linear lecture(long in, long out, boolean bias) {
        return normal(in, out, 1 / Math.sqrt((double) in), bias ? Initializer.ZEROS : null);
    }

    /**
     * {@return the lectures' layer with another standard deviation}
     *
     * @param in the length of a row of the input
     * @param out the length of a row of the output
     * @param sigma the standard deviation of the initial weights
     * @param biases where the biases come from, or null for none
     */
    public static Linear normal(long in, long out, double sigma, @Nullable Initializer biases) {
        return builder()
                .setUnits(out)
                .optInputs(in)
                .optWeights(new NormalInitializer((float) sigma))
                .optBiases(biases)
                .build();
    }

    /**
     * {@return PyTorch's layer, (out, in): both parameters uniform from -1/sqrt(in) to 1/sqrt(in)}
     *
     * @param in the length of a row of the input
     * @param out the length of a row of the output
     * @param bias whether there is a bias
     */
    public static Linear pyTorch(long in, long out, boolean bias) {
        Initializer uniform = new UniformInitializer((float) (1 / Math.sqrt((double) in)));
        return builder()
                .setUnits(out)
                .optInputs(in)
                .optLayout(Layout.OUT_IN)
                .optWeights(uniform)
                .optBiases(bias ? uniform : null)
                .build();
    }

    @Override
    protected void prepare(Shape[] inputShapes) {
        Shape input = inputShapes[0];
        if (weight.getShape() == null && input.dimension() > 0) {
            weight.setShape(shape(input.getLastDimension()));
        }
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        return function.apply(x, weight(pass), bias(pass));
    }

    /**
     * Returns the weight, for an operation of which the layer is a part.
     *
     * @param pass the forward pass
     * @return (in, out), whatever the layout: a view, whose gradient the engine brings back into it
     */
    public NDArray weight(Pass pass) {
        NDArray w = pass.value(weight);
        return layout == Layout.IN_OUT ? w : pass.here(w.transpose());
    }

    /**
     * {@return the bias, (out), for an operation of which the layer is a part; null if there is
     * none}
     *
     * @param pass the forward pass
     */
    public @Nullable NDArray bias(Pass pass) {
        return bias == null ? null : pass.value(bias);
    }

    @Override
    protected Shape outputShape(Shape input) {
        return withLast(input, units);
    }

    @Override
    protected Map<String, ?> settings() {
        // The shape tells nothing where both sizes are equal.
        return Map.of("weight", layout == Layout.IN_OUT ? "(in, out)" : "(out, in)");
    }

    /** The builder of {@link Linear}. */
    public static final class Builder {

        private long units;
        private long inputs;
        private Layout layout = Layout.IN_OUT;
        private @Nullable Initializer weights;
        private @Nullable Initializer biases = Initializer.ZEROS;

        private Builder() {}

        /**
         * Sets the length of a row of the output. Required.
         *
         * @param units at least 1
         * @return this builder
         */
        public Builder setUnits(long units) {
            this.units = Checks.atLeastOne("a linear layer's units", units);
            return this;
        }

        /**
         * Sets the length of a row of the input, so that the parameters have shapes before the
         * layer is initialized.
         *
         * @param inputs at least 1; by default that of the input
         * @return this builder
         */
        public Builder optInputs(long inputs) {
            this.inputs = Checks.atLeastOne("a linear layer's inputs", inputs);
            return this;
        }

        /**
         * Sets the axes of the weight.
         *
         * @param layout the axes; default (in, out)
         * @return this builder
         */
        public Builder optLayout(Layout layout) {
            this.layout = layout;
            return this;
        }

        /**
         * Sets where the weights come from.
         *
         * @param weights the initializer; default normal with the variance 2 / in
         * @return this builder
         */
        public Builder optWeights(Initializer weights) {
            this.weights = weights;
            return this;
        }

        /**
         * Sets where the biases come from.
         *
         * @param biases the initializer, default zeros; or null for a layer without bias
         * @return this builder
         */
        public Builder optBiases(@Nullable Initializer biases) {
            this.biases = biases;
            return this;
        }

        /** {@return the layer} */
        public Linear build() {
            if (units == 0) {
                throw new IllegalStateException("a linear layer's units must be set, but are not");
            }
            return new Linear(this);
        }

        private Initializer weights() {
            // To DJL, OUT is the first axis of the shape and IN the second.
            return weights != null
                    ? weights
                    : new XavierInitializer(
                            XavierInitializer.RandomType.GAUSSIAN,
                            layout == Layout.IN_OUT
                                    ? XavierInitializer.FactorType.OUT
                                    : XavierInitializer.FactorType.IN,
                            2);
        }
    }
}
