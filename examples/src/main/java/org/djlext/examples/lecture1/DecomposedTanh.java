/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture1;

import static org.djlext.micrograd.Reflected.mul;

import java.util.List;
import org.djlext.examples.lecture.Output;
import org.djlext.micrograd.Value;

/**
 * tanh as one node, and as (e^2n - 1) / (e^2n + 1): how much an operation does is for its author to
 * say, if only its derivative is known.
 */
final class DecomposedTanh {

    private DecomposedTanh() {}

    /**
     * The same neuron with both; gradients are those of x1, w1, x2, w2 and b.
     *
     * @param whole o from the one node
     * @param decomposed o from the parts
     * @param wholeGradients gradients through the one node
     * @param decomposedGradients gradients through the parts
     * @param nodes how many nodes the two graphs have
     */
    record Result(
            double whole,
            double decomposed,
            List<Double> wholeGradients,
            List<Double> decomposedGradients,
            List<Integer> nodes) {}

    static Result run(Output out) {
        ExampleNeuron whole = ExampleNeuron.create();
        Value o = whole.n().tanh().label("o");
        o.backward();
        ExampleNeuron parts = ExampleNeuron.create();
        Value e = mul(2, parts.n()).exp().label("e");
        Value o2 = e.sub(1).div(e.add(1)).label("o");
        o2.backward();

        List<Integer> nodes = List.of(o.topologicalOrder().size(), o2.topologicalOrder().size());
        out.line("as one node:   o = %s, %d nodes", o.data, nodes.get(0));
        whole.print(out);
        out.line("of exp and /:  o = %s, %d nodes", o2.data, nodes.get(1));
        parts.print(out);
        out.graph("neuron_decomposed", o2);
        return new Result(o.data, o2.data, whole.gradients(), parts.gradients(), nodes);
    }
}
