/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import java.util.List;
import org.djlext.nn.RnnFunction;

/**
 * The makemore program's recurrent network: {@code h_t = tanh(W [x_t, h_t-1] + b)}.
 *
 * @see <a href="https://www.isca-archive.org/interspeech_2010/mikolov10_interspeech.html">Mikolov
 *     et al., 2010</a>
 */
public final class Rnn extends RecurrentModel {

    Rnn(HiddenConfig config) {
        super(
                config,
                new Cell(
                        config.embedding(),
                        config.hidden(),
                        new RnnFunction(),
                        List.of("xh_to_h"),
                        List.of("xh_to_h")));
    }
}
