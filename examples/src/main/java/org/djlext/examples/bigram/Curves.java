/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.bigram;

import java.util.function.DoubleUnaryOperator;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.ChartTheme;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The two curves of the lecture: from probabilities to their logarithms, and from there back. */
final class Curves {

    private static final int POINTS = 200;

    private Curves() {}

    /** The logarithm of probabilities: 0 at 1, and ever lower towards 0. */
    static XYChart log() {
        return curve("log p", Math::log, t -> 0.002 + 0.998 * t * t, 0, 1);
    }

    /** What makes positive numbers of logits. */
    static XYChart exp() {
        return curve("exp(logit)", Math::exp, t -> 5 - 10 * (1 - t * t), -5, 5);
    }

    // x runs with the square of t, closer at its lower end; XChart marks an axis with round numbers
    // only if points are not all as far apart.
    private static XYChart curve(
            String title, DoubleUnaryOperator f, DoubleUnaryOperator xOfT, double from, double to) {
        double[] x = new double[POINTS];
        double[] y = new double[POINTS];
        for (int i = 0; i < POINTS; i++) {
            x[i] = xOfT.applyAsDouble((double) i / (POINTS - 1));
            y[i] = f.applyAsDouble(x[i]);
        }
        XYChart chart =
                new XYChartBuilder()
                        .width(480)
                        .height(360)
                        .title(title)
                        .theme(ChartTheme.Matlab)
                        .build();
        chart.getStyler().setLegendVisible(false);
        chart.getStyler().setXAxisMin(from).setXAxisMax(to);
        chart.addSeries(title, x, y).setMarker(SeriesMarkers.NONE);
        return chart;
    }
}
