/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.djlext.makemore.data.PythonRandom;

/** Neurons side by side on the same inputs. */
public final class Layer extends Module {

    private final List<Neuron> neurons;

    /**
     * Draws the neurons, one after the other.
     *
     * @param nIn the number of inputs
     * @param nOut the number of neurons
     * @param activation what each does with its weighted sum
     * @param drawBias whether biases are drawn too, or 0
     * @param random where the weights come from
     */
    public Layer(
            int nIn,
            int nOut,
            UnaryOperator<Value> activation,
            boolean drawBias,
            PythonRandom random) {
        List<Neuron> drawn = new ArrayList<>(nOut);
        for (int i = 0; i < nOut; i++) {
            drawn.add(new Neuron(nIn, activation, drawBias, random));
        }
        neurons = List.copyOf(drawn);
    }

    /**
     * {@return an output of each neuron}
     *
     * @param x the inputs
     */
    public List<Value> call(List<Value> x) {
        List<Value> out = new ArrayList<>(neurons.size());
        for (Neuron neuron : neurons) {
            out.add(neuron.call(x));
        }
        return out;
    }

    /** {@return the neurons} */
    public List<Neuron> neurons() {
        return neurons;
    }

    @Override
    public List<Value> parameters() {
        return neurons.stream().flatMap(neuron -> neuron.parameters().stream()).toList();
    }
}
