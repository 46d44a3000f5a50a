/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.diagnostics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.djlext.makemore.model.ContextModel;

/**
 * How the output of a layer is distributed.
 *
 * @param number the layer's place, without those before the first product
 * @param layer what it is
 * @param values the distribution
 * @param saturated the part beyond {@link Saturation#LIMIT}, 0 to 1
 */
public record LayerActivation(int number, String layer, Distribution values, double saturated) {

    /**
     * {@return the tanh layers of a model, in their order, as they are in evaluation mode}
     *
     * @param manager a manager of the model's device
     * @param model the model, with its values
     * @param x contexts, (B, T) and INT64
     */
    public static List<LayerActivation> of(NDManager manager, ContextModel model, NDArray x) {
        List<LayerActivation> activations = new ArrayList<>();
        int before = DiagnosedTraining.leading(model.layers().layers());
        model.look(
                manager,
                x,
                (index, layer, output) -> {
                    if (layer.toString().equals(ModelHistograms.TANH)) {
                        activations.add(
                                new LayerActivation(
                                        index - before,
                                        layer.toString(),
                                        Distribution.of(output),
                                        Saturation.share(output, Saturation.LIMIT)));
                    }
                });
        return activations;
    }

    /** {@return the lecture's line on how the output is distributed} */
    public String line() {
        return String.format(
                Locale.ROOT,
                "layer %d (%10s): mean %+.2f, std %.2f, saturated: %.2f%%",
                number,
                layer,
                values.mean(),
                values.std(),
                100 * saturated);
    }
}
