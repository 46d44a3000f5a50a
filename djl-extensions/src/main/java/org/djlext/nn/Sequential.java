/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Layers one after the other, the lectures' {@code Sequential}. A layer is called by its place,
 * from 0.
 */
public final class Sequential extends Layer {

    private final List<Block> layers;
    private @Nullable Observer observer;

    /** Sees what goes through the layers, for shapes, histograms and the like. */
    @FunctionalInterface
    public interface Observer {
        /**
         * Is called when a layer has computed its output.
         *
         * @param index the place of the layer, from 0
         * @param layer the layer
         * @param output its output, which lives as long as the step
         */
        void onOutput(int index, Block layer, NDArray output);
    }

    /**
     * Makes the container.
     *
     * @param layers the layers, in their order
     */
    public Sequential(List<? extends Block> layers) {
        this.layers = List.copyOf(layers);
        for (int i = 0; i < layers.size(); i++) {
            addChildBlock(Integer.toString(i), layers.get(i));
        }
    }

    /** {@return the layers, in their order} */
    public List<Block> layers() {
        return layers;
    }

    /**
     * Sets who sees the outputs of the layers, which the lectures keep as {@code layer.out}.
     *
     * @param observer the observer, or null for none
     */
    public void observe(@Nullable Observer observer) {
        this.observer = observer;
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        NDArray y = x;
        for (int i = 0; i < layers.size(); i++) {
            y = pass.run(layers.get(i), y);
            if (observer != null) {
                observer.onOutput(i, layers.get(i), y);
            }
        }
        return y;
    }

    /** Initializes the layers one after the other, each with the output shape of the last. */
    @Override
    protected void initializeChildBlocks(
            NDManager manager, DataType dataType, Shape... inputShapes) {
        Shape[] shapes = inputShapes;
        for (Block layer : layers) {
            layer.initialize(manager, dataType, shapes);
            shapes = layer.getOutputShapes(shapes);
        }
    }

    @Override
    protected Shape outputShape(Shape input) {
        Shape[] shapes = {input};
        for (Block layer : layers) {
            shapes = layer.getOutputShapes(shapes);
        }
        return shapes[0];
    }

    @Override
    public String toString() {
        return "Sequential" + layers;
    }
}
