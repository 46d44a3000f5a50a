/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.model;

import ai.djl.ndarray.NDArray;
import org.djlext.autograd.AutogradFunction;
import org.djlext.nn.Layer;
import org.djlext.nn.Linear;

/** The makemore program's MLP within a block: to an inner width, a nonlinearity, and back. */
final class TwoLayers extends Layer {

    private final AutogradFunction activation;
    private final Linear in;
    private final Linear out;

    TwoLayers(long channels, long inner, AutogradFunction activation) {
        this.activation = activation;
        in = addChildBlock("c_fc", Linear.pyTorch(channels, inner, true));
        out = addChildBlock("c_proj", Linear.pyTorch(inner, channels, true));
    }

    @Override
    protected NDArray compute(NDArray x, Pass pass) {
        return pass.run(out, activation.apply(pass.run(in, x)));
    }
}
