/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture1;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.djlext.examples.lecture.Output;
import org.djlext.examples.plot.CurveChart;
import org.djlext.micrograd.Value;

/** Backpropagation through a neuron three times: by hand, node by node, and by itself. */
final class NeuronBackprop {

    private NeuronBackprop() {}

    /**
     * The numbers of the neuron; gradients are those of x1, w1, x2, w2 and b.
     *
     * @param n what goes into tanh, 0.8814
     * @param o what comes out, 0.7071
     * @param byHand gradients by hand: -1.5, 1, 0.5, 0, 0.5
     * @param stepByStep gradients from each node's own step, called in the right order
     * @param automatic gradients from backward
     * @param order the topological order, by label
     */
    record Result(
            double n,
            double o,
            List<Double> byHand,
            List<Double> stepByStep,
            List<Double> automatic,
            List<String> order) {}

    static Result run(Output out) {
        out.chart("tanh", CurveChart.of(Math::tanh, "tanh(x)", "x", -5, 5));
        ExampleNeuron neuron = ExampleNeuron.create();
        Value o = neuron.n().tanh().label("o");
        out.line("n = %.4f, o = tanh(n) = %.4f", neuron.n().data, o.data);

        byHand(neuron, o);
        out.line("by hand:");
        neuron.print(out);
        out.graph("neuron", o);
        List<Double> byHand = neuron.gradients();

        ExampleNeuron second = ExampleNeuron.create();
        Value o2 = second.n().tanh().label("o");
        List<Value> order = o2.topologicalOrder();
        List<String> labels = order.stream().map(v -> v.label).toList();
        out.line("children before what is made of them: %s", labels);
        o2.grad = 1; // Without this base case every gradient would be 0.
        List<Value> reversed = new ArrayList<>(order);
        Collections.reverse(reversed);
        reversed.forEach(Value::backwardStep);
        out.line("node by node, from the last to the first:");
        second.print(out);

        ExampleNeuron third = ExampleNeuron.create();
        third.n().tanh().label("o").backward();
        out.line("by o.backward():");
        third.print(out);
        return new Result(
                neuron.n().data, o.data, byHand, second.gradients(), third.gradients(), labels);
    }

    private static void byHand(ExampleNeuron neuron, Value o) {
        o.grad = 1;
        Value n = neuron.n();
        n.grad = (1 - o.data * o.data) * o.grad; // o = tanh(n)
        Value sum = n.children().get(0);
        sum.grad = n.grad; // a sum routes
        neuron.b().grad = n.grad;
        Value x1w1 = sum.children().get(0);
        Value x2w2 = sum.children().get(1);
        x1w1.grad = sum.grad;
        x2w2.grad = sum.grad;
        neuron.x1().grad = neuron.w1().data * x1w1.grad; // a product swaps
        neuron.w1().grad = neuron.x1().data * x1w1.grad;
        neuron.x2().grad = neuron.w2().data * x2w2.grad;
        neuron.w2().grad = neuron.x2().data * x2w2.grad;
    }
}
