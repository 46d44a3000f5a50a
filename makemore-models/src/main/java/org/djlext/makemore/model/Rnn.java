/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.layer.Layer;

/**
 * The makemore program's recurrent network: {@code h_t = tanh(W [x_t, h_t-1] + b)}.
 *
 * @see <a href="https://www.isca-archive.org/interspeech_2010/mikolov10_interspeech.html">Mikolov
 *     et al., 2010</a>
 */
public final class Rnn extends RecurrentModel {

    /**
     * Makes the model.
     *
     * @param config blockSize, embedding and hidden
     * @param gradients who differentiates
     */
    public Rnn(ModelConfig config, Gradients gradients) {
        super(config, gradients, new RnnCell(config, gradients));
    }

    private static final class RnnCell extends Cell {
        private final Gradients gradients;
        private final Layer toHidden;

        RnnCell(ModelConfig config, Gradients gradients) {
            super(config);
            this.gradients = gradients;
            toHidden = addInput("xh_to_h", gradients);
        }

        @Override
        NDArray next(NDArray xt, NDArray h, Pass pass) {
            NDArray xh = NDArrays.concat(new NDList(xt, h), 1); // (B, C + H)
            return gradients.operations().tanh(pass.run(toHidden, xh)); // (B, H)
        }
    }
}
