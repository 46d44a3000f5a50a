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

/** The Value object: a number, how it was made, and of what. */
final class ValueBasics {

    private ValueBasics() {}

    static void run(Output out) {
        Value a = new Value(2, "a");
        Value b = new Value(-3, "b");
        Value c = new Value(10, "c");
        out.line("a          %s, op \"%s\", grad %s", a, a.op(), a.grad);
        out.line("a + b      %s", a.add(b));
        out.line("a * b      %s", a.mul(b));
        Value d = a.mul(b).add(c).label("d");
        out.line("a * b + c  %s", d);
        out.line("  op \"%s\", children %s", d.op(), d.children());
        out.line("a + 1      %s", a.add(1));
        out.line("a * 2      %s", a.mul(2));
        out.line("2 * a      %s", mul(2, a));
        out.line("a / 4      %s, through a * 4**-1", a.div(4));
        out.graph("value", d);
    }

    /** What micrograd can do: an expression without meaning that uses every operation. */
    static void readme(Output out) {
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
        out.line("%.4f", g.data); // 24.7041
        g.backward();
        out.line("%.4f", a.grad); // dg/da = 138.8338
        out.line("%.4f", b.grad); // dg/db = 645.5773
        out.graph("readme", g);
    }
}
