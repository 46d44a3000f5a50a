/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Activation;
import org.djlext.makemore.layer.Gradients;
import org.djlext.makemore.layer.Layer;

/**
 * The makemore program's gated recurrent network. A reset gate r chooses what of the state goes
 * into the candidate, an update gate z how much of the candidate goes into the state:
 *
 * <pre>
 * r    = sigmoid(W_r [x_t, h_t-1] + b_r)
 * hbar = tanh(W_h [x_t, r h_t-1] + b_h)
 * z    = sigmoid(W_z [x_t, h_t-1] + b_z)
 * h_t  = (1 - z) h_t-1 + z hbar
 * </pre>
 *
 * @see <a href="https://arxiv.org/abs/1409.1259">Cho et al., 2014</a>
 */
public final class Gru extends RecurrentModel {

    /**
     * Makes the model.
     *
     * @param config blockSize, embedding and hidden
     * @param gradients who differentiates
     */
    public Gru(ModelConfig config, Gradients gradients) {
        super(config, gradients, new GruCell(config, gradients));
    }

    private static final class GruCell extends Cell {
        private final Gradients gradients;
        private final Layer toUpdate;
        private final Layer toReset;
        private final Layer toCandidate;

        GruCell(ModelConfig config, Gradients gradients) {
            super(config);
            this.gradients = gradients;
            toUpdate = addInput("xh_to_z", gradients);
            toReset = addInput("xh_to_r", gradients);
            toCandidate = addInput("xh_to_hbar", gradients);
        }

        @Override
        NDArray next(NDArray xt, NDArray h, Pass pass) {
            NDArray xh = NDArrays.concat(new NDList(xt, h), 1); // (B, C + H)
            NDArray r = Activation.sigmoid(pass.run(toReset, xh)); // (B, H)
            NDArray xrh = NDArrays.concat(new NDList(xt, r.mul(h)), 1); // (B, C + H)
            NDArray candidate = gradients.operations().tanh(pass.run(toCandidate, xrh)); // (B, H)
            NDArray z = Activation.sigmoid(pass.run(toUpdate, xh)); // (B, H)
            return h.add(z.mul(candidate.sub(h))); // (1 - z) h + z hbar
        }
    }
}
