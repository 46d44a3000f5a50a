/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.util.List;
import java.util.stream.IntStream;
import org.djlext.makemore.diagnostics.LossCurve;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.Styler.ChartTheme;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** What the charts of this package have in common: size, colours, lines without dots. */
final class ChartStyle {

    private static final int WIDTH = 860;
    private static final int HEIGHT = 400;
    private static final int MEANS = 50;
    private static final int PALE = 90;

    // matplotlib's ten.
    private static final Color[] COLORS = {
        new Color(0x1f77b4), new Color(0xff7f0e), new Color(0x2ca02c), new Color(0xd62728),
        new Color(0x9467bd), new Color(0x8c564b), new Color(0xe377c2), new Color(0x7f7f7f),
        new Color(0xbcbd22), new Color(0x17becf),
    };

    private ChartStyle() {}

    /** Makes a chart whose legend, if it has one, stands beside the plot. */
    static XYChart chart(String title, String x, String y) {
        return chart(title, x, y, WIDTH, HEIGHT);
    }

    static XYChart chart(String title, String x, String y, int width, int height) {
        XYChart chart =
                new XYChartBuilder()
                        .width(width)
                        .height(height)
                        .title(title)
                        .xAxisTitle(x)
                        .yAxisTitle(y)
                        .theme(ChartTheme.XChart)
                        .build();
        Styler styler = chart.getStyler();
        styler.setChartBackgroundColor(Color.WHITE);
        styler.setChartTitleBoxVisible(false);
        styler.setChartTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 15));
        styler.setLegendPosition(Styler.LegendPosition.OutsideE);
        styler.setLegendBorderColor(Color.WHITE);
        styler.setLegendFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11));
        styler.setSeriesColors(COLORS);
        styler.setDecimalPattern("0.######");
        chart.getStyler().setAxisTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
        chart.getStyler().setPlotGridLinesStroke(new BasicStroke(0.5f));
        chart.getStyler().setDefaultSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Line);
        return chart;
    }

    /** Adds a line, with gaps where y is infinite or NaN, such as the logarithm of no change. */
    static XYSeries line(
            XYChart chart, String name, List<? extends Number> x, List<? extends Number> y) {
        List<Double> finite =
                y.stream()
                        .map(Number::doubleValue)
                        .map(value -> Double.isFinite(value) ? value : Double.NaN)
                        .toList();
        XYSeries series = chart.addSeries(name, x, finite);
        series.setMarker(SeriesMarkers.NONE);
        series.setLineStyle(new BasicStroke(1.3f));
        return series;
    }

    /**
     * Adds the values of single steps, and over them in full colour their mean, which is what a
     * reader looks for. A short series has no mean.
     *
     * @param y a value for each step from 0
     */
    static void noisy(XYChart chart, String name, List<? extends Number> y) {
        int window = y.size() / MEANS;
        Color color = COLORS[chart.getSeriesMap().size() / 2 % COLORS.length];
        if (window < 2) {
            line(chart, name, steps(y), y);
            return;
        }
        XYSeries single = line(chart, name + ", each step", steps(y), y);
        single.setLineColor(new Color(color.getRed(), color.getGreen(), color.getBlue(), PALE));
        single.setLineStyle(new BasicStroke(0.8f)).setShowInLegend(false);
        String mean = "%s, mean of %d steps".formatted(name, window);
        List<Double> means = LossCurve.movingMeans(y, window);
        // A mean stands in the middle of its window.
        List<Integer> middles = steps(means).stream().map(i -> i + window / 2).toList();
        line(chart, mean, middles, means).setLineColor(color).setLineStyle(new BasicStroke(2));
    }

    /**
     * Makes XChart mark the x axis at round numbers. Where all points are equally far apart it
     * marks some of them instead, such as 42, 84, 126; so a point between them is added, which is
     * not drawn.
     */
    static XYChart markRoundNumbers(XYChart chart) {
        XYSeries first = chart.getSeriesMap().values().iterator().next();
        double[] x = first.getXData();
        double between = x[0] + 0.3712 * (x[x.length - 1] - x[0]);
        chart.addSeries("between", List.of(between), List.of(first.getYData()[0]))
                .setMarker(SeriesMarkers.NONE)
                .setShowInLegend(false);
        return chart;
    }

    /** 0, 1, .. as the x of values without one. */
    static List<Integer> steps(List<?> values) {
        return IntStream.range(0, values.size()).boxed().toList();
    }
}
