/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.ndarray.NDArray;
import java.util.List;
import org.djlext.makemore.fused.FusedLayer;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.layer.Layer;
import org.djlext.makemore.layer.Sequential;

/**
 * A model of the lectures: layers one after the other, from a context of fixed length to the logits
 * of the character that comes next.
 */
public abstract class ContextModel extends LanguageModel {

    private final Sequential layers;

    /**
     * Makes a model.
     *
     * @param config its sizes
     * @param gradients who differentiates
     * @param layers its layers, in their order
     */
    protected ContextModel(ModelConfig config, Gradients gradients, List<? extends Layer> layers) {
        super(config, gradients);
        this.layers = addChildBlock("layers", new Sequential(layers));
    }

    /**
     * Returns the layers, which can be observed and calibrated.
     *
     * @return the layers
     */
    public final Sequential layers() {
        return layers;
    }

    @Override
    public final boolean everyPosition() {
        return false;
    }

    @Override
    public final List<FusedLayer> fused() {
        return layers.fused();
    }

    @Override
    protected final NDArray compute(NDArray x, Pass pass) {
        return pass.run(layers, x);
    }
}
