/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.micrograd;

import static org.djlext.micrograd.Reflected.add;
import static org.djlext.micrograd.Reflected.div;
import static org.djlext.micrograd.Reflected.mul;

/** The expressions that the published micrograd is tested with. */
final class Expressions {

    private Expressions() {}

    static Value readme(Value a, Value b) {
        Value c = a.add(b);
        Value d = a.mul(b).add(b.pow(3));
        c = c.add(c.add(1));
        c = c.add(add(1, c).add(a.neg()));
        d = d.add(d.mul(2).add(b.add(a).relu()));
        d = d.add(mul(3, d).add(b.sub(a).relu()));
        Value e = c.sub(d);
        Value f = e.pow(2);
        return f.div(2).add(div(10, f));
    }

    static Value sanity(Value x) {
        Value z = mul(2, x).add(2).add(x);
        Value q = z.relu().add(z.mul(x));
        Value h = z.mul(z).relu();
        return h.add(q).add(q.mul(x));
    }
}
