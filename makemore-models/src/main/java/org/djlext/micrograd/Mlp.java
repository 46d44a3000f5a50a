/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.djlext.makemore.data.PythonRandom;

/** A multi-layer perceptron: layers one after the other. */
public final class Mlp extends Module {

    private final List<Layer> layers;
    private final List<Value> parameters;

    private Mlp(
            PythonRandom random,
            UnaryOperator<Value> hidden,
            UnaryOperator<Value> last,
            boolean drawBias,
            int nIn,
            int[] nOuts) {
        if (nIn < 1 || nOuts.length == 0 || Arrays.stream(nOuts).anyMatch(n -> n < 1)) {
            throw new IllegalArgumentException(
                    ("a net needs at least one layer and sizes of at least 1, but got %s inputs and"
                                    + " layers of %s")
                            .formatted(nIn, Arrays.toString(nOuts)));
        }
        List<Layer> built = new ArrayList<>(nOuts.length);
        int n = nIn;
        for (int i = 0; i < nOuts.length; i++) {
            UnaryOperator<Value> activation = i == nOuts.length - 1 ? last : hidden;
            built.add(new Layer(n, nOuts[i], activation, drawBias, random));
            n = nOuts[i];
        }
        layers = List.copyOf(built);
        parameters = layers.stream().flatMap(layer -> layer.parameters().stream()).toList();
    }

    /**
     * Makes the net that the lecture writes: tanh everywhere, the output included, and biases drawn
     * from U(-1, 1) as the weights are.
     *
     * @param random where the parameters come from
     * @param nIn the number of inputs
     * @param nOuts the number of neurons of each layer
     * @return the net
     */
    public static Mlp tanh(PythonRandom random, int nIn, int... nOuts) {
        return new Mlp(random, Value::tanh, Value::tanh, true, nIn, nOuts);
    }

    /**
     * Makes the net of the published repository: ReLU in the hidden layers, a linear output, and
     * biases of 0.
     *
     * @param random where the weights come from
     * @param nIn the number of inputs
     * @param nOuts the number of neurons of each layer
     * @return the net
     */
    public static Mlp relu(PythonRandom random, int nIn, int... nOuts) {
        return new Mlp(random, Value::relu, UnaryOperator.identity(), false, nIn, nOuts);
    }

    /**
     * {@return an output of each neuron of the last layer}
     *
     * @param x the inputs
     */
    public List<Value> call(List<Value> x) {
        List<Value> out = x;
        for (Layer layer : layers) {
            out = layer.call(out);
        }
        return out;
    }

    /**
     * {@return the one output of a net that ends in a single neuron}
     *
     * @param x the inputs, which become leaves
     */
    public Value call(double... x) {
        List<Value> out = call(Arrays.stream(x).mapToObj(Value::new).toList());
        if (out.size() != 1) {
            throw new IllegalStateException(
                    "call(double...) is for a net of one output, but this has " + out.size());
        }
        return out.get(0);
    }

    /** {@return the layers} */
    public List<Layer> layers() {
        return layers;
    }

    /** {@return the parameters, layer by layer, neuron by neuron, weights then bias} */
    @Override
    public List<Value> parameters() {
        return parameters;
    }
}
