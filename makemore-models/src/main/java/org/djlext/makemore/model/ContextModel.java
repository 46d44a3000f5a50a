/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import java.util.List;
import java.util.function.Supplier;
import org.djlext.autograd.Autograd;
import org.djlext.nn.Sequential;

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
     * @param layers makes its layers, in their order, once the sizes are checked
     */
    @SuppressWarnings("this-escape") // DJL's method, final, only notes the child
    protected ContextModel(ModelConfig config, Supplier<List<? extends Block>> layers) {
        super(config);
        this.layers = addChildBlock("layers", new Sequential(layers.get()));
    }

    /** {@return the layers, which can be observed and calibrated} */
    public final Sequential layers() {
        return layers;
    }

    /**
     * Runs the model in evaluation mode, as it is when it is used.
     *
     * @param manager a manager of the model's device
     * @param x contexts, (B, T) and INT64
     * @param observer sees what comes out of each layer, which lives until the end
     */
    public final void look(NDManager manager, NDArray x, Sequential.Observer observer) {
        layers.observe(observer);
        try (Autograd.Scope unrecorded = Autograd.noGrad();
                NDManager sub = manager.newSubManager()) {
            NDArray input = x.duplicate();
            input.attach(sub);
            call(new ParameterStore(sub, false), input, false);
        } finally {
            layers.observe(null);
        }
    }

    @Override
    public final boolean everyPosition() {
        return false;
    }

    @Override
    protected final NDArray compute(NDArray x, Pass pass) {
        NDArray context = pass.cache() == null ? x : last(withBefore(x, pass, 0));
        return layers.call(pass.store(), context, pass.training());
    }
}
