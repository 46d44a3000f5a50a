/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.djlext.makemore.data.PythonRandom;

/** f(w . x + b): a weighted sum of the inputs and a bias, through an activation. */
public final class Neuron extends Module {

    private final List<Value> w;
    private final Value b;
    private final UnaryOperator<Value> activation;

    /**
     * Draws the weights from U(-1, 1), in order, and then the bias, if it is drawn.
     *
     * @param nIn the number of inputs
     * @param activation what is done with the weighted sum, such as {@code Value::tanh}
     * @param drawBias whether the bias is drawn too, as in the lecture, or 0, as in the repository
     * @param random where the weights come from
     */
    public Neuron(int nIn, UnaryOperator<Value> activation, boolean drawBias, PythonRandom random) {
        List<Value> weights = new ArrayList<>(nIn);
        for (int i = 0; i < nIn; i++) {
            weights.add(new Value(random.uniform(-1, 1)));
        }
        this.w = List.copyOf(weights);
        this.b = new Value(drawBias ? random.uniform(-1, 1) : 0);
        this.activation = activation;
    }

    /**
     * {@return f(w . x + b)} The sum starts from the bias and goes through the inputs in order.
     *
     * @param x the inputs
     */
    public Value call(List<Value> x) {
        if (x.size() != w.size()) {
            throw new IllegalArgumentException(
                    "a neuron of " + w.size() + " inputs was called with " + x.size());
        }
        Value sum = b;
        for (int i = 0; i < w.size(); i++) {
            sum = sum.add(w.get(i).mul(x.get(i)));
        }
        return activation.apply(sum);
    }

    /** {@return the weights, one an input} */
    public List<Value> w() {
        return w;
    }

    /** {@return the bias} */
    public Value b() {
        return b;
    }

    /** {@return the weights and then the bias} */
    @Override
    public List<Value> parameters() {
        return Stream.concat(w.stream(), Stream.of(b)).toList();
    }
}
