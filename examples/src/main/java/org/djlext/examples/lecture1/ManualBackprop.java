/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture1;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.djlext.examples.lecture.Output;
import org.djlext.micrograd.Value;

/** Backpropagation by hand through L = (a*b + c) * f, checked by nudging, and one step uphill. */
final class ManualBackprop {

    private static final double H = 0.001;
    private static final double STEP = 0.01;

    private ManualBackprop() {}

    // The nodes of the expression by name. What is nudged is moved after it was computed.
    private static Map<String, Value> expression(String nudged, double by, double... leaves) {
        Map<String, Value> nodes = new LinkedHashMap<>();
        Value a = nudge(nodes, new Value(leaves[0], "a"), nudged, by);
        Value b = nudge(nodes, new Value(leaves[1], "b"), nudged, by);
        Value c = nudge(nodes, new Value(leaves[2], "c"), nudged, by);
        Value f = nudge(nodes, new Value(leaves[3], "f"), nudged, by);
        Value e = nudge(nodes, a.mul(b).label("e"), nudged, by);
        Value d = nudge(nodes, e.add(c).label("d"), nudged, by);
        nudge(nodes, d.mul(f).label("L"), nudged, by);
        return nodes;
    }

    private static Value nudge(Map<String, Value> nodes, Value node, String nudged, double by) {
        node.data += node.label.equals(nudged) ? by : 0;
        nodes.put(node.label, node);
        return node;
    }

    private static Value at(Map<String, Value> nodes, String name) {
        Value node = nodes.get(name);
        if (node == null) {
            throw new IllegalArgumentException("no node is called " + name);
        }
        return node;
    }

    static void run(Output out) {
        double[] leaves = {2, -3, 10, -2};
        Map<String, Value> nodes = expression("", 0, leaves);
        Value a = at(nodes, "a");
        Value b = at(nodes, "b");
        Value c = at(nodes, "c");
        Value d = at(nodes, "d");
        Value e = at(nodes, "e");
        Value f = at(nodes, "f");
        Value loss = at(nodes, "L");
        out.line("L = (a*b + c) * f = %s", loss.data);
        out.graph("expression_without_gradients", loss);

        loss.grad = 1; // dL/dL
        d.grad = f.data * loss.grad; // a product swaps: dL/dd = f
        f.grad = d.data * loss.grad; // and dL/df = d
        c.grad = d.grad; // a sum routes: dd/dc = 1, so dL/dc = dL/dd * 1
        e.grad = d.grad;
        a.grad = b.data * e.grad; // the chain rule once more, through e = a * b
        b.grad = a.data * e.grad;
        out.graph("expression", loss);

        for (String name : List.of("L", "d", "f", "c", "e", "a", "b")) {
            double nudged = at(expression(name, H, leaves), "L").data;
            out.line(
                    "dL/d%s  by hand %5.1f   by nudging %s",
                    name, at(nodes, name).grad, (nudged - loss.data) / H);
        }

        Value[] moved = {a, b, c, f};
        for (Value leaf : moved) {
            leaf.data += STEP * leaf.grad;
        }
        double after = at(expression("", 0, a.data, b.data, c.data, f.data), "L").data;
        out.line("after a step of %s along the gradients L = %.6f", STEP, after);
    }
}
