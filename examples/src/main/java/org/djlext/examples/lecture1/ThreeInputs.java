/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture1;

import java.util.ArrayList;
import java.util.List;
import org.djlext.examples.lecture.Output;

/** A function of three inputs has a slope for each: bump one, leave the others. */
final class ThreeInputs {

    private ThreeInputs() {}

    /**
     * One bumped input.
     *
     * @param before d = a*b + c, 4
     * @param after d with the input bumped
     * @param slope the rise over h: -3, 2 and 1
     */
    record Bump(double before, double after, double slope) {}

    private static double d(double... x) {
        return x[0] * x[1] + x[2];
    }

    static List<Bump> run(Output out) {
        double h = 0.0001;
        String[] names = {"a", "b", "c"};
        List<Bump> bumps = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            double[] x = {2, -3, 10};
            double before = d(x);
            x[i] += h;
            double after = d(x);
            bumps.add(new Bump(before, after, (after - before) / h));
            out.line("d = a*b + c with %s bumped by %s", names[i], h);
            out.line("  d1 %s%n  d2 %s%n  slope %s", before, after, bumps.get(i).slope);
        }
        return bumps;
    }
}
