/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.djlext.autograd.AutogradFunction;
import org.jspecify.annotations.Nullable;

/**
 * Makes a DJL Block of an {@link AutogradFunction}, or of any computation on inputs and parameters.
 *
 * <pre>{@code
 * Block gelu = FunctionBlock.of("gelu", new GeluFunction());
 *
 * Block scale =
 *         FunctionBlock.builder("scale")
 *                 .addParameter(
 *                         Parameter.builder().setName("s").setType(Parameter.Type.GAMMA).build(),
 *                         inputs -> new Shape(inputs[0].getLastDimension()))
 *                 .setFunction(new ScaleFunction()) // gets x and s
 *                 .build();
 * }</pre>
 *
 * <p>The computation gets the inputs of the block, followed by the parameters in the order in which
 * they were added. A saved block can be loaded into one with the same name, settings and
 * parameters.
 */
public final class FunctionBlock extends CheckedBlock {

    private final String name;
    private final List<Sized> sized;
    private final Map<String, Object> settings;
    private final Computation computation;
    private final Function<Shape[], Shape[]> outputShapes;

    // A parameter and how its shape follows from those of the inputs.
    private record Sized(Parameter parameter, Function<Shape[], Shape> shape) {}

    /** What a block computes. */
    @FunctionalInterface
    public interface Computation {
        /**
         * Computes the outputs.
         *
         * @param arrays the inputs of the block, then its parameters
         * @param training whether the block is being trained, and not evaluated
         * @return the outputs
         */
        NDList apply(NDList arrays, boolean training);
    }

    private FunctionBlock(Builder builder, Computation computation) {
        this.computation = computation;
        name = builder.name;
        sized = List.copyOf(builder.sized);
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(builder.settings));
        outputShapes = builder.outputShapes;
        sized.forEach(s -> addParameter(s.parameter));
    }

    /**
     * {@return a block without parameters, whose output has the shape of its first input}
     *
     * @param name the name of the block in a saved model and in {@link #toString()}
     * @param function the function
     */
    public static FunctionBlock of(String name, AutogradFunction function) {
        return builder(name).setFunction(function).build();
    }

    /**
     * {@return a builder}
     *
     * @param name the name of the block in a saved model and in {@link #toString()}
     */
    public static Builder builder(String name) {
        return new Builder(name);
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameterStore,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDList arrays = new NDList(inputs);
        for (Sized s : sized) {
            arrays.add(parameterStore.getValue(s.parameter, inputs.head().getDevice(), training));
        }
        return computation.apply(arrays, training);
    }

    @Override
    protected void prepare(Shape[] inputShapes) {
        for (Sized s : sized) {
            s.parameter.setShape(s.shape.apply(inputShapes));
        }
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return outputShapes.apply(inputShapes);
    }

    @Override
    protected String kind() {
        return name;
    }

    @Override
    protected Map<String, ?> settings() {
        return settings;
    }

    @Override
    public String toString() {
        return name;
    }

    /** The builder of {@link FunctionBlock}. */
    public static final class Builder {

        private final String name;
        private final List<Sized> sized = new ArrayList<>();
        private final Map<String, Object> settings = new LinkedHashMap<>();
        private Function<Shape[], Shape[]> outputShapes = inputs -> new Shape[] {inputs[0]};
        private @Nullable Computation computation;

        private Builder(String name) {
            this.name = name;
        }

        /**
         * Adds a parameter.
         *
         * @param parameter the parameter, with name and type
         * @param shape its shape, from those of the inputs
         * @return this builder
         */
        public Builder addParameter(Parameter parameter, Function<Shape[], Shape> shape) {
            sized.add(new Sized(parameter, shape));
            return this;
        }

        /**
         * Sets the computation. This or {@link #setFunction} is required.
         *
         * @param computation what the block does with its inputs and parameters
         * @return this builder
         */
        public Builder setComputation(Computation computation) {
            this.computation = computation;
            return this;
        }

        /**
         * Sets a function as the computation.
         *
         * @param function a function that takes the inputs of the block and then its parameters
         * @return this builder
         */
        public Builder setFunction(AutogradFunction function) {
            return setComputation((arrays, training) -> function.apply(arrays));
        }

        /**
         * Adds a setting that the results depend on, such as the eps of a norm. It is saved, and a
         * block with another one is not loaded.
         *
         * @param setting its name
         * @param value its value, whose text is enough to tell it from others
         * @return this builder
         */
        public Builder optSetting(String setting, Object value) {
            settings.put(setting, value);
            return this;
        }

        /**
         * Sets how the shapes of the outputs follow from those of the inputs.
         *
         * @param outputShapes the shapes; default that of the first input
         * @return this builder
         */
        public Builder optOutputShapes(Function<Shape[], Shape[]> outputShapes) {
            this.outputShapes = outputShapes;
            return this;
        }

        /**
         * {@return the block}
         *
         * @throws IllegalStateException if neither computation nor function was set
         */
        public FunctionBlock build() {
            Computation set = computation;
            if (set == null) {
                throw new IllegalStateException(
                        "the block \""
                                + name
                                + "\" needs what it computes; call setFunction or setComputation");
            }
            return new FunctionBlock(this, set);
        }
    }
}
