/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture1;

import java.awt.Color;
import java.util.ArrayList;
import java.util.List;
import org.djlext.micrograd.Batch;
import org.djlext.micrograd.Mlp;
import org.djlext.micrograd.Tape;
import org.djlext.micrograd.Value;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.ChartTheme;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The points of two classes over the regions that a net assigns to each. */
public final class DecisionSurface {

    private static final int GRID = 110;
    private static final int SIZE = 640;
    private static final double BORDER = 0.5;
    private static final Color LOWER = new Color(0xf4b9a7);
    private static final Color UPPER = new Color(0xaec7e8);

    private DecisionSurface() {}

    /**
     * Draws the regions and the points.
     *
     * @param model a net of two inputs and one output, whose sign is the class
     * @param batch the points, labelled -1 and 1
     * @return the chart
     */
    public static XYChart draw(Mlp model, Batch batch) {
        XYChart chart =
                new XYChartBuilder()
                        .width(SIZE)
                        .height(SIZE)
                        .title("decision surface: red 1, blue -1")
                        .xAxisTitle("x, first coordinate of a point")
                        .yAxisTitle("y, second coordinate")
                        .theme(ChartTheme.Matlab)
                        .build();
        chart.getStyler().setLegendVisible(false);
        chart.getStyler().setDefaultSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
        // Squares large enough to cover the region without a gap.
        chart.getStyler().setMarkerSize(7);
        chart.getStyler().setPlotContentSize(1);
        chart.getStyler().setPlotGridLinesVisible(false);
        double left = extreme(batch, 0, -1) - BORDER;
        double right = extreme(batch, 0, 1) + BORDER;
        double bottom = extreme(batch, 1, -1) - BORDER;
        double top = extreme(batch, 1, 1) + BORDER;
        chart.getStyler().setXAxisMin(left).setXAxisMax(right);
        chart.getStyler().setYAxisMin(bottom).setYAxisMax(top);

        Value x = new Value(0);
        Value y = new Value(0);
        Value score = model.call(List.of(x, y)).get(0);
        Tape tape = new Tape(score);
        List<double[]> negative = new ArrayList<>();
        List<double[]> positive = new ArrayList<>();
        for (int i = 0; i <= GRID; i++) {
            for (int j = 0; j <= GRID; j++) {
                double[] at = {
                    left + (right - left) * i / GRID, bottom + (top - bottom) * j / GRID
                };
                x.data = at[0];
                y.data = at[1];
                tape.forward();
                (score.data > 0 ? positive : negative).add(at);
            }
        }
        scatter(chart, "region of -1", negative, SeriesMarkers.SQUARE, UPPER);
        scatter(chart, "region of 1", positive, SeriesMarkers.SQUARE, LOWER);
        scatter(chart, "-1", points(batch, -1), SeriesMarkers.CIRCLE, Color.BLUE);
        scatter(chart, "1", points(batch, 1), SeriesMarkers.CIRCLE, Color.RED);
        return chart;
    }

    private static double extreme(Batch batch, int axis, int sign) {
        return batch.points().stream()
                        .mapToDouble(point -> sign * point.get(axis).data)
                        .max()
                        .orElse(0)
                * sign;
    }

    private static List<double[]> points(Batch batch, int label) {
        List<double[]> points = new ArrayList<>();
        for (int i = 0; i < batch.labels().size(); i++) {
            if (batch.labels().get(i).data == label) {
                List<Value> point = batch.points().get(i);
                points.add(new double[] {point.get(0).data, point.get(1).data});
            }
        }
        return points;
    }

    private static void scatter(
            XYChart chart, String name, List<double[]> points, Marker marker, Color color) {
        if (points.isEmpty()) {
            return;
        }
        chart.addSeries(
                        name,
                        points.stream().mapToDouble(p -> p[0]).toArray(),
                        points.stream().mapToDouble(p -> p[1]).toArray())
                .setMarker(marker)
                .setMarkerColor(color);
    }
}
