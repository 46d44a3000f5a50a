/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.plot;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.djlext.makemore.diagnostics.Distribution;
import org.knowm.xchart.XYChart;

/**
 * Histograms as lines, one over the other, as makemore 3 draws activations, gradients and weights:
 * {@code plt.plot(edges[:-1], density)}.
 */
public final class HistogramChart {

    // In standard deviations of the distribution in the middle.
    private static final double REACH = 5;

    private HistogramChart() {}

    /**
     * Draws distributions of very different widths: as much as shows the one of medium width. Wider
     * ones are cut off, narrower ones are peaks.
     *
     * @param title what they are of
     * @param distributions the distributions by the names of the legend, in its order
     * @return the chart
     */
    public static XYChart around0(String title, Map<String, Distribution> distributions) {
        double[] stds =
                distributions.values().stream().mapToDouble(Distribution::std).sorted().toArray();
        double reach = REACH * stds[stds.length / 2];
        XYChart chart = of(title, distributions);
        chart.getStyler().setXAxisMin(-reach).setXAxisMax(reach);
        return chart;
    }

    /**
     * Draws distributions.
     *
     * @param title what they are of
     * @param distributions the distributions by the names of the legend, in its order
     * @return the chart
     */
    public static XYChart of(String title, Map<String, Distribution> distributions) {
        XYChart chart = ChartStyle.chart(title, "value", "density");
        distributions.forEach(
                (name, d) -> ChartStyle.line(chart, name, centres(d.edges()), d.density()));
        ChartStyle.markRoundNumbers(chart);
        chart.getStyler().setLegendVisible(distributions.size() > 1);
        return chart;
    }

    private static List<Double> centres(List<Double> edges) {
        List<Double> centres = new ArrayList<>();
        for (int i = 1; i < edges.size(); i++) {
            centres.add((edges.get(i - 1) + edges.get(i)) / 2);
        }
        return centres;
    }
}
