/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.plot;

import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.knowm.xchart.XYChart;

/** The curve of a function of one number. */
public final class CurveChart {

    private static final int WIDTH = 640;
    private static final int HEIGHT = 480;
    private static final int POINTS = 200;

    private CurveChart() {}

    /**
     * Draws a function.
     *
     * @param f the function
     * @param name what it is, such as {@code tanh(x)}, which names the y axis
     * @param x what it is a function of, which names the x axis
     * @param from the lowest x
     * @param to the highest x
     * @return the chart
     */
    public static XYChart of(DoubleUnaryOperator f, String name, String x, double from, double to) {
        List<Double> xs =
                IntStream.range(0, POINTS)
                        .mapToObj(i -> from + (to - from) * i / (POINTS - 1))
                        .toList();
        XYChart chart = ChartStyle.chart(name, x, name, WIDTH, HEIGHT);
        ChartStyle.line(chart, name, xs, xs.stream().map(f::applyAsDouble).toList());
        ChartStyle.markRoundNumbers(chart);
        chart.getStyler().setLegendVisible(false);
        return chart;
    }
}
