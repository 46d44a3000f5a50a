/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.makemore.gpt;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Parameter;
import java.util.Objects;
import org.djlext.makemore.layer.Layer;
import org.djlext.makemore.layer.Linear;

/** Takes the weights out of layers whose products are computed together with others. */
final class Weights {

    private Weights() {}

    /** Returns the values of a parameter of a layer. */
    static NDArray of(Layer.Pass pass, Layer layer, String name) {
        Parameter parameter = layer.getDirectParameters().get(name);
        return pass.value(Objects.requireNonNull(parameter, name));
    }

    /** Returns weight and bias. */
    static NDList of(Layer.Pass pass, Linear layer) {
        return new NDList(of(pass, layer, "weight"), of(pass, layer, "bias"));
    }
}
