/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture1;

import java.util.List;
import java.util.stream.IntStream;
import org.djlext.examples.lecture.Output;
import org.djlext.examples.plot.Charts;

/** What a derivative is: the rise of a function when its input is nudged, over the nudge. */
final class Derivative {

    private Derivative() {}

    private static double f(double x) {
        return 3 * x * x - 4 * x + 5;
    }

    private static double slope(double x, double h) {
        return (f(x + h) - f(x)) / h;
    }

    /** The slopes of f(x) = 3x^2 - 4x + 5: near 14, -22 and 0 at 3, -3 and 2/3. */
    static void run(Output out) {
        out.line("f(x) = 3x^2 - 4x + 5, f(3.0) = %s", f(3));
        List<Double> onArray = IntStream.range(0, 40).mapToObj(i -> f(-5 + i * 0.25)).toList();
        out.line("f on [-5, 5) in steps of 0.25: %s, ... %s", onArray.get(0), onArray.get(39));
        out.chart("parabola", Charts.curve(Derivative::f, "3x^2 - 4x + 5", "x", -5, 5));

        double h = 0.001;
        out.line("slope for h = %s: at 3 it is %s", h, slope(3, h));
        out.line("                       at -3 %s", slope(-3, h));
        out.line("                       at 2/3 %s", slope(2.0 / 3, h));

        // Too large, and the function bends; too small, and the digits of f(x + h) - f(x) are gone.
        out.line("the slope at 3 is 14; by h it comes out as");
        for (int digits = 1; digits <= 16; digits++) {
            out.line("  h = 1e-%-2d  %s", digits, slope(3, Math.pow(10, -digits)));
        }
    }

    private static double d(double... x) {
        return x[0] * x[1] + x[2];
    }

    /** A function of three inputs has a slope for each: bump one, leave the others. */
    static void threeInputs(Output out) {
        double h = 0.0001;
        String[] names = {"a", "b", "c"};
        for (int i = 0; i < 3; i++) {
            double[] x = {2, -3, 10};
            double before = d(x);
            x[i] += h;
            double after = d(x);
            out.line("d = a*b + c with %s bumped by %s", names[i], h);
            out.line("  d1 %s%n  d2 %s%n  slope %s", before, after, (after - before) / h);
        }
    }
}
