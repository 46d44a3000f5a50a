/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.diagnostics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import org.djlext.makemore.model.ContextModel;

/**
 * The shape of a layer's output, by which makemore 5 follows a batch through its networks.
 *
 * @param layer what the layer is
 * @param shape the shape of its output
 */
public record LayerShape(String layer, Shape shape) {

    /**
     * {@return the outputs of all layers of a model, in their order}
     *
     * @param manager a manager of the model's device
     * @param model the model, initialized
     * @param x contexts, (B, T) and INT64
     */
    public static List<LayerShape> of(NDManager manager, ContextModel model, NDArray x) {
        List<LayerShape> shapes = new ArrayList<>();
        model.look(
                manager,
                x,
                (index, layer, output) ->
                        shapes.add(new LayerShape(layer.toString(), output.getShape())));
        return shapes;
    }

    /** Returns the lecture's line, such as {@code Embedding : (4, 8, 10)}. */
    @Override
    public String toString() {
        return layer + " : " + shape;
    }
}
