/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import java.util.List;
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
     * @param layers its layers, in their order
     */
    @SuppressWarnings("this-escape") // DJL's method, final, only notes the child
    protected ContextModel(ModelConfig config, List<? extends Block> layers) {
        super(config);
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
    protected final NDArray compute(NDArray x, Pass pass) {
        return pass.run(layers, x);
    }

    /** Keeps the last characters, (B, blockSize). */
    @Override
    public Next next(NDArray x, int position, NDList state, Pass pass) {
        int block = config().blockSize();
        NDArray before =
                position == 0
                        ? x.getManager()
                                .zeros(new Shape(x.getShape().get(0), block), DataType.INT64)
                        : state.get(0);
        NDArray context =
                NDArrays.concat(new NDList(before, x.expandDims(1)), 1).get(":, 1:"); // (B, block)
        return new Next(compute(context, pass), new NDList(context));
    }
}
