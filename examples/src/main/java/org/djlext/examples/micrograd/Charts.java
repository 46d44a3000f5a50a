/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.micrograd;

import java.util.function.DoubleUnaryOperator;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.ChartTheme;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The charts of the lecture. */
final class Charts {

    private Charts() {}

    static XYChart empty(String title, int width, int height) {
        XYChart chart =
                new XYChartBuilder()
                        .width(width)
                        .height(height)
                        .title(title)
                        .theme(ChartTheme.Matlab)
                        .build();
        chart.getStyler().setLegendVisible(false);
        return chart;
    }

    /** Draws f on [-5, 5), as matplotlib draws arange(-5, 5, step). */
    static XYChart curve(String title, DoubleUnaryOperator f, double step) {
        double[] x = arange(step);
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            y[i] = f.applyAsDouble(x[i]);
        }
        XYChart chart = empty(title, 640, 480);
        chart.addSeries(title, x, y).setMarker(SeriesMarkers.NONE);
        return chart;
    }

    static double[] arange(double step) {
        double[] x = new double[(int) Math.ceil(10 / step)];
        for (int i = 0; i < x.length; i++) {
            x[i] = -5 + i * step;
        }
        return x;
    }
}
