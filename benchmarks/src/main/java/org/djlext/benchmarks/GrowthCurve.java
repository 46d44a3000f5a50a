/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.djlext.files.OutputFile;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * A quantity against a size that doubles, and again: what an exponent of a power says, and a
 * picture with logarithmic axes.
 *
 * @param size what grows
 * @param what the quantity
 * @param sizes the sizes, from the least
 * @param values the quantity at each
 */
record GrowthCurve(String size, String what, List<Integer> sizes, List<Double> values) {

    /** Returns k of the power size^k that fits the values best, from some size on. */
    private double exponent(int from) {
        double x = 0;
        double y = 0;
        double xx = 0;
        double xy = 0;
        int n = sizes.size() - from;
        for (int i = from; i < sizes.size(); i++) {
            double lx = Math.log(sizes.get(i));
            double ly = Math.log(values.get(i));
            x += lx;
            y += ly;
            xx += lx * lx;
            xy += lx * ly;
        }
        return (n * xy - x * y) / (n * xx - x * x);
    }

    /** Draws the values, and a line that is linear in the size through the last of them. */
    Path draw(Path folder) throws IOException {
        XYChart chart =
                new XYChartBuilder()
                        .width(640)
                        .height(440)
                        .title(what + " against " + size)
                        .xAxisTitle(size)
                        .yAxisTitle(what)
                        .build();
        chart.getStyler()
                .setXAxisLogarithmic(true)
                .setYAxisLogarithmic(true)
                .setLegendPosition(Styler.LegendPosition.InsideNW)
                .setChartBackgroundColor(Color.WHITE);
        chart.addSeries("measured", sizes, values).setMarker(SeriesMarkers.CIRCLE);
        int last = sizes.size() - 1;
        List<Double> linear =
                sizes.stream().map(s -> s * values.get(last) / sizes.get(last)).toList();
        chart.addSeries("proportional", sizes, linear).setMarker(SeriesMarkers.NONE);
        Path file = folder.resolve("growth-" + size + "-" + what.replace(' ', '-') + ".png");
        OutputFile.write(
                file, out -> BitmapEncoder.saveBitmap(chart, out, BitmapEncoder.BitmapFormat.PNG));
        return file;
    }

    /** Says the powers; a fixed cost counts less in the larger half of the sizes. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%s grow as %s^%.2f over all sizes, ^%.2f over the larger half",
                what,
                size,
                exponent(0),
                exponent((sizes.size() - 1) / 2));
    }
}
