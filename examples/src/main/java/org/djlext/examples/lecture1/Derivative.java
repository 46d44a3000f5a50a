/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture1;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.djlext.examples.lecture.Output;
import org.djlext.examples.plot.CurveChart;

/** What a derivative is: the rise of a function when its input is nudged, over the nudge. */
final class Derivative {

    private Derivative() {}

    /**
     * The slopes of f(x) = 3x^2 - 4x + 5.
     *
     * @param atThree f(3), 20
     * @param onArray f on -5, -4.75, ... 4.75
     * @param slopes near 14, -22 and 0: at 3, -3 and 2/3
     * @param byNudge the slope at 3 for h = 0.1, 0.01, ... 1e-16
     */
    record Result(
            double atThree, List<Double> onArray, List<Double> slopes, List<Double> byNudge) {}

    static double f(double x) {
        return 3 * x * x - 4 * x + 5;
    }

    static double slope(double x, double h) {
        return (f(x + h) - f(x)) / h;
    }

    static Result run(Output out) {
        out.line("f(x) = 3x^2 - 4x + 5, f(3.0) = %s", f(3));
        List<Double> onArray = IntStream.range(0, 40).mapToObj(i -> f(-5 + i * 0.25)).toList();
        out.line("f on [-5, 5) in steps of 0.25: %s, ... %s", onArray.get(0), onArray.get(39));
        out.chart("parabola", CurveChart.of(Derivative::f, "3x^2 - 4x + 5", "x", -5, 5));

        double h = 0.001;
        List<Double> slopes = List.of(slope(3, h), slope(-3, h), slope(2.0 / 3, h));
        out.line("slope for h = %s: at 3 it is %s", h, slopes.get(0));
        out.line("                       at -3 %s", slopes.get(1));
        out.line("                       at 2/3 %s", slopes.get(2));

        // Too large, and the function bends; too small, and the digits of f(x + h) - f(x) are gone.
        out.line("the slope at 3 is 14; by h it comes out as");
        List<Double> byNudge = new ArrayList<>();
        for (int digits = 1; digits <= 16; digits++) {
            double small = Math.pow(10, -digits);
            byNudge.add(slope(3, small));
            out.line("  h = 1e-%-2d  %s", digits, slope(3, small));
        }
        return new Result(f(3), onArray, slopes, byNudge);
    }
}
