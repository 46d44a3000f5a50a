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
 * Why gradients are added up: a node that is used twice has two ways to the output, and its
 * derivative is the sum over both.
 */
final class GradientAccumulation {

    private GradientAccumulation() {}

    static void run(Output out) {
        Value a = new Value(3, "a");
        Value b = a.add(a).label("b");
        backwardThatOverwrites(b);
        out.line("b = a + a: overwritten, a.grad = %s", a.grad);
        out.graph("a_plus_a_wrong", b);
        a.grad = 0;
        b.backward();
        out.line("           added up,    a.grad = %s", a.grad);
        out.graph("a_plus_a", b);

        Value x = new Value(-2, "a");
        Value y = new Value(3, "b");
        Value d = x.mul(y).label("d");
        Value e = x.add(y).label("e");
        Value f = d.mul(e).label("f");
        backwardThatOverwrites(f);
        out.line("f = (a*b) * (a+b): overwritten, a.grad = %s, b.grad = %s", x.grad, y.grad);
        for (Value node : f.topologicalOrder()) {
            node.grad = 0;
        }
        f.backward();
        out.line("                   added up,    a.grad = %s, b.grad = %s", x.grad, y.grad);
        out.graph("product_of_two", f);
    }

    // The mistake: "grad = ..." where "grad += ..." belongs. For sums and products of two.
    private static void backwardThatOverwrites(Value root) {
        List<Value> order = root.topologicalOrder();
        root.grad = 1;
        for (int i = order.size() - 1; i >= 0; i--) {
            Value out = order.get(i);
            List<Value> children = out.children();
            for (int k = 0; k < children.size(); k++) {
                double other = children.get(children.size() - 1 - k).data;
                children.get(k).grad = out.op().equals("+") ? out.grad : other * out.grad;
            }
        }
    }
}
