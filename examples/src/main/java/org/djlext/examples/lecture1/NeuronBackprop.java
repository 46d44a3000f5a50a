/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture1;

import static org.djlext.micrograd.Reflected.mul;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.djlext.examples.lecture.Output;
import org.djlext.examples.plot.Charts;
import org.djlext.micrograd.Value;

/** Backpropagation through a neuron three times: by hand, node by node, and by itself. */
final class NeuronBackprop {

    /** Chosen so that the gradients come out round. */
    static final double BIAS = 6.881373587019543;

    private NeuronBackprop() {}

    /** A neuron of two inputs: n = x1*w1 + x2*w2 + b = 0.8814 is what goes into tanh. */
    private record Neuron(Value x1, Value x2, Value w1, Value w2, Value b, Value n) {

        static Neuron create() {
            Value x1 = new Value(2, "x1");
            Value x2 = new Value(0, "x2");
            Value w1 = new Value(-3, "w1");
            Value w2 = new Value(1, "w2");
            Value b = new Value(BIAS, "b");
            Value x1w1 = x1.mul(w1).label("x1w1");
            Value x2w2 = x2.mul(w2).label("x2w2");
            Value n = x1w1.add(x2w2).label("x1w1 + x2w2").add(b).label("n");
            return new Neuron(x1, x2, w1, w2, b, n);
        }

        void print(Output out) {
            out.line("  x1 %s  w1 %s", x1.grad, w1.grad);
            out.line("  x2 %s  w2 %s  b %s", x2.grad, w2.grad, b.grad);
        }
    }

    static void run(Output out) {
        out.chart("tanh", Charts.curve(Math::tanh, "tanh(x)", "x", -5, 5));
        Neuron neuron = Neuron.create();
        Value o = neuron.n.tanh().label("o");
        out.line("n = %.4f, o = tanh(n) = %.4f", neuron.n.data, o.data);

        byHand(neuron, o);
        out.line("by hand:");
        neuron.print(out);
        out.graph("neuron", o);

        Neuron second = Neuron.create();
        Value o2 = second.n.tanh().label("o");
        List<Value> order = o2.topologicalOrder();
        out.line(
                "children before what is made of them: %s",
                order.stream().map(v -> v.label).toList());
        o2.grad = 1; // Without this base case every gradient would be 0.
        List<Value> reversed = new ArrayList<>(order);
        Collections.reverse(reversed);
        reversed.forEach(Value::backwardStep);
        out.line("node by node, from the last to the first:");
        second.print(out);

        Neuron third = Neuron.create();
        third.n.tanh().label("o").backward();
        out.line("by o.backward():");
        third.print(out);
    }

    private static void byHand(Neuron neuron, Value o) {
        o.grad = 1;
        Value n = neuron.n;
        n.grad = (1 - o.data * o.data) * o.grad; // o = tanh(n)
        Value sum = n.children().get(0);
        sum.grad = n.grad; // a sum routes
        neuron.b.grad = n.grad;
        Value x1w1 = sum.children().get(0);
        Value x2w2 = sum.children().get(1);
        x1w1.grad = sum.grad;
        x2w2.grad = sum.grad;
        neuron.x1.grad = neuron.w1.data * x1w1.grad; // a product swaps
        neuron.w1.grad = neuron.x1.data * x1w1.grad;
        neuron.x2.grad = neuron.w2.data * x2w2.grad;
        neuron.w2.grad = neuron.x2.data * x2w2.grad;
    }

    /**
     * The same with tanh as one node, and as (e^2n - 1) / (e^2n + 1): how much an operation does is
     * for its author to say, if only its derivative is known.
     */
    static void decomposedTanh(Output out) {
        Neuron whole = Neuron.create();
        Value o = whole.n.tanh().label("o");
        o.backward();
        Neuron parts = Neuron.create();
        Value e = mul(2, parts.n).exp().label("e");
        Value o2 = e.sub(1).div(e.add(1)).label("o");
        o2.backward();

        out.line("as one node:   o = %s, %d nodes", o.data, o.topologicalOrder().size());
        whole.print(out);
        out.line("of exp and /:  o = %s, %d nodes", o2.data, o2.topologicalOrder().size());
        parts.print(out);
        out.graph("neuron_decomposed", o2);
    }
}
