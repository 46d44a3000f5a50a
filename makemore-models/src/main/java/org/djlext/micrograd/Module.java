/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import java.util.List;

/** Something with parameters to train: a neuron, a layer, a net. */
@SuppressWarnings("JavaLangClash") // The name that micrograd and PyTorch have for it.
public abstract class Module {

    /** Constructor for subclasses. */
    protected Module() {}

    /** {@return the parameters, in an order that never changes} */
    public abstract List<Value> parameters();

    /** Sets the gradient of each parameter to zero, for backward adds to what is there. */
    public void zeroGrad() {
        for (Value p : parameters()) {
            p.grad = 0;
        }
    }
}
