/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.benchmarks;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
 * @param sizes the sizes, from the least
 * @param values the quantity at each
 */
record GrowthCurve(List<Double> sizes, List<Double> values) {

    /** Returns k of the power size^k that fits the values best, from some size on. */
    double exponent(int from) {
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

    /** Returns the exponent of the larger half of the sizes, where a fixed cost counts less. */
    double exponentOfLargerHalf() {
        return exponent((sizes.size() - 1) / 2);
    }

    /** Draws the values, and a line that is linear in the size through the last of them. */
    void draw(String title, String sizeName, String valueName, Path file) throws IOException {
        XYChart chart =
                new XYChartBuilder()
                        .width(640)
                        .height(440)
                        .title(title)
                        .xAxisTitle(sizeName)
                        .yAxisTitle(valueName)
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
        Files.createDirectories(file.toAbsolutePath().getParent());
        OutputFile.write(
                file, out -> BitmapEncoder.saveBitmap(chart, out, BitmapEncoder.BitmapFormat.PNG));
    }
}
