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
import java.util.Locale;
import org.djlext.makemore.model.ContextModel;
import org.jspecify.annotations.Nullable;

/**
 * What came out of a layer, and what came back to it if there was a backward pass.
 *
 * @param number the lecture's number of the layer, from 0 at the first after the embedding and its
 *     flattening; those are below 0
 * @param layer what the layer is, such as Tanh
 * @param shape the shape of its output
 * @param values the output
 * @param saturated the part of the output beyond {@link Saturation#LIMIT}, 0 to 1
 * @param gradient the gradient of the loss with respect to the output; null without a backward
 */
public record LayerStatistics(
        int number,
        String layer,
        Shape shape,
        Distribution values,
        double saturated,
        @Nullable Distribution gradient) {

    /**
     * {@return the layers of a model in their order, as they are in evaluation mode}
     *
     * @param manager a manager of the model's device
     * @param model the model, with its values
     * @param x contexts, (B, T) and INT64
     */
    public static List<LayerStatistics> of(NDManager manager, ContextModel model, NDArray x) {
        List<LayerStatistics> layers = new ArrayList<>();
        int before = DiagnosedTraining.leading(model.layers().layers());
        model.look(
                manager,
                x,
                (index, layer, output) ->
                        layers.add(of(index - before, layer.toString(), output, null)));
        return layers;
    }

    static LayerStatistics of(
            int number, String layer, NDArray output, @Nullable Distribution gradient) {
        return new LayerStatistics(
                number,
                layer,
                output.getShape(),
                Distribution.of(output),
                Saturation.share(output, Saturation.LIMIT),
                gradient);
    }

    /**
     * {@return the gradient of the loss with respect to the output}
     *
     * @throws IllegalStateException if there was no backward pass
     */
    @Override
    public Distribution gradient() {
        if (gradient == null) {
            throw new IllegalStateException(
                    "a layer has a gradient after a backward pass, but " + layer + " had none");
        }
        return gradient;
    }

    /** {@return the lecture's line on the shape, such as {@code Embedding : (4, 8, 10)}} */
    public String shapeLine() {
        return layer + " : " + shape;
    }

    /** {@return the lecture's line on how the output is distributed} */
    public String activationLine() {
        return String.format(
                Locale.ROOT,
                "layer %d (%10s): mean %+.2f, std %.2f, saturated: %.2f%%",
                number,
                layer,
                values.mean(),
                values.std(),
                100 * saturated);
    }

    /** {@return the lecture's line on how the gradient is distributed} */
    public String gradientLine() {
        return String.format(
                Locale.ROOT,
                "layer %d (%10s): mean %+f, std %e",
                number,
                layer,
                gradient().mean(),
                gradient().std());
    }
}
