/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.util.List;
import java.util.Map;
import org.knowm.xchart.XYChart;

/** How far each step moves each parameter, beside the line at -3 that the lecture goes by. */
public final class UpdateRatioChart {

    private static final double GUIDE = -3;

    private UpdateRatioChart() {}

    /**
     * Draws update ratios.
     *
     * @param ratios for each parameter, by its name in the legend, {@code log10(std(lr * grad) /
     *     std(data))} of each step
     * @return the chart
     */
    public static XYChart of(Map<String, List<Double>> ratios) {
        XYChart chart =
                ChartStyle.chart(
                        "size of updates beside the size of parameters",
                        "step",
                        "log10(update / data)");
        ratios.forEach((name, values) -> ChartStyle.noisy(chart, name, values));
        int steps = ratios.values().stream().mapToInt(List::size).max().orElse(1);
        ChartStyle.line(chart, "-3", List.of(0, steps), List.of(GUIDE, GUIDE))
                .setLineColor(Color.BLACK)
                .setLineStyle(new BasicStroke(2));
        ChartStyle.markRoundNumbers(chart);
        return chart;
    }
}
