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

/** The Value object: a number, how it was made, and of what. */
final class ValueBasics {

    private ValueBasics() {}

    static List<Value> run(Output out) {
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
        return List.of(a.add(b), a.mul(b), d, a.add(1), a.mul(2), mul(2, a), a.div(4));
    }
}
