/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import java.util.List;
import org.djlext.nn.GruFunction;

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

    Gru(HiddenConfig config) {
        super(
                config,
                new Cell(
                        config.embedding(),
                        config.hidden(),
                        new GruFunction(),
                        List.of("xh_to_z", "xh_to_r", "xh_to_hbar"),
                        List.of("xh_to_r", "xh_to_z", "xh_to_hbar")));
    }
}
