/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture1;

import java.util.List;
import org.djlext.examples.lecture.Output;
import org.djlext.micrograd.Value;

/**
 * The lecture's neuron of two inputs before its activation, n = x1*w1 + x2*w2 + b.
 *
 * @param x1 the first input, 2
 * @param x2 the second input, 0
 * @param w1 the weight of the first, -3
 * @param w2 the weight of the second, 1
 * @param b the bias, chosen so that the gradients come out round
 * @param n the sum, 0.8814
 */
record ExampleNeuron(Value x1, Value x2, Value w1, Value w2, Value b, Value n) {

    static final double BIAS = 6.881373587019543;

    static ExampleNeuron create() {
        Value x1 = new Value(2, "x1");
        Value x2 = new Value(0, "x2");
        Value w1 = new Value(-3, "w1");
        Value w2 = new Value(1, "w2");
        Value b = new Value(BIAS, "b");
        Value x1w1 = x1.mul(w1).label("x1w1");
        Value x2w2 = x2.mul(w2).label("x2w2");
        Value n = x1w1.add(x2w2).label("x1w1 + x2w2").add(b).label("n");
        return new ExampleNeuron(x1, x2, w1, w2, b, n);
    }

    /** Returns the gradients of x1, w1, x2, w2 and b. */
    List<Double> gradients() {
        return List.of(x1.grad, w1.grad, x2.grad, w2.grad, b.grad);
    }

    void print(Output out) {
        out.line("  x1 %s  w1 %s", x1.grad, w1.grad);
        out.line("  x2 %s  w2 %s  b %s", x2.grad, w2.grad, b.grad);
    }
}
