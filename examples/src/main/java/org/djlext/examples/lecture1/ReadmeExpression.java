/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture1;

import static org.djlext.micrograd.Reflected.add;
import static org.djlext.micrograd.Reflected.div;
import static org.djlext.micrograd.Reflected.mul;

import org.djlext.examples.lecture.Output;
import org.djlext.micrograd.Value;

/** What micrograd can do: an expression without meaning that uses every operation. */
final class ReadmeExpression {

    private ReadmeExpression() {}

    /**
     * The output and its gradients.
     *
     * @param g the output, 24.7041
     * @param da dg/da, 138.8338
     * @param db dg/db, 645.5773
     */
    record Result(double g, double da, double db) {}

    static Result run(Output out) {
        Value a = new Value(-4, "a");
        Value b = new Value(2, "b");
        Value c = a.add(b);
        Value d = a.mul(b).add(b.pow(3));
        c = c.add(c.add(1));
        c = c.add(add(1, c).add(a.neg()));
        d = d.add(d.mul(2).add(b.add(a).relu()));
        d = d.add(mul(3, d).add(b.sub(a).relu()));
        Value e = c.sub(d);
        Value f = e.pow(2);
        Value g = f.div(2).add(div(10, f)).label("g");
        out.line("%.4f", g.data);
        g.backward();
        out.line("%.4f", a.grad);
        out.line("%.4f", b.grad);
        out.graph("readme", g);
        return new Result(g.data, a.grad, b.grad);
    }
}
