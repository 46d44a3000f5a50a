/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.plot;

import static org.djlext.testing.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.djlext.makemore.data.CharVocabulary;
import org.djlext.makemore.diagnostics.Distribution;
import org.djlext.makemore.diagnostics.LearningRateSearch;
import org.junit.jupiter.api.Test;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;

class ChartsTest {

    @Test
    void aHistogramIsALineThroughTheMiddlesOfItsBins() {
        Distribution d =
                new Distribution(1.5, 1, List.of(0.0, 1.0, 2.0, 4.0), List.of(0.2, 0.6, 0.1));
        XYSeries series = series(Charts.histograms("title", Map.of("name", d)), "name");
        assertArrayEquals(new double[] {0.5, 1.5, 3}, series.getXData());
        assertArrayEquals(new double[] {0.2, 0.6, 0.1}, series.getYData());
    }

    @Test
    void distributionsOfUnlikeWidthsAreCutToTheMiddleOne() {
        Map<String, Distribution> all = new TreeMap<>();
        for (double std : new double[] {0.1, 2, 50}) {
            all.put(
                    "std " + std,
                    new Distribution(0, std, List.of(-std, 0.0, std), List.of(1.0, 2.0)));
        }
        XYChart chart = Charts.histogramsAround0("title", all);
        assertEquals(-10, chart.getStyler().getXAxisMin());
        assertEquals(10, chart.getStyler().getXAxisMax());
    }

    @Test
    void lossesAreDrawnRawAsLogarithmsAndAveraged() {
        List<Float> losses = List.of(10f, 1f, 0.1f, 0.01f);
        assertArrayEquals(
                new double[] {10, 1, 0.1, 0.01},
                series(Charts.losses("title", Map.of("a", losses)), "a").getYData(),
                1e-6);
        assertArrayEquals(
                new double[] {1, 0, -1, -2},
                series(Charts.log10Losses("title", Map.of("a", losses)), "a").getYData(),
                1e-6);
        XYChart smoothed = Charts.smoothedLosses("title", losses, 2, Map.of(4, 0.5));
        assertArrayEquals(new double[] {1, 3}, series(smoothed, "training").getXData());
        assertArrayEquals(new double[] {5.5, 0.055}, series(smoothed, "training").getYData(), 1e-6);
        assertArrayEquals(new double[] {4}, series(smoothed, "dev").getXData());
    }

    @Test
    void noiseHasItsMeanAboveIt() {
        List<Float> losses = IntStream.range(0, 200).mapToObj(i -> (float) i).toList();
        XYChart chart = Charts.losses("title", Map.of("a", losses));
        XYSeries mean = series(chart, "a, mean of 4 steps");
        assertEquals(197, mean.getYData().length);
        assertEquals(2, mean.getXData()[0]);
        assertEquals(1.5, mean.getYData()[0]); // of 0, 1, 2 and 3
        assertEquals(197.5, mean.getYData()[196]);
        assertEquals(200, series(chart, "a, each step").getYData().length);
    }

    @Test
    void theGuideOfTheUpdatesIsAtMinus3OverAllSteps() {
        XYChart chart = Charts.updateRatios(Map.of("0 (27, 10)", List.of(-2.5, -2.6, -2.7)));
        assertArrayEquals(new double[] {-3, -3}, series(chart, "-3").getYData());
        assertArrayEquals(new double[] {0, 3}, series(chart, "-3").getXData());
        assertArrayEquals(new double[] {-2.5, -2.6, -2.7}, series(chart, "0 (27, 10)").getYData());
    }

    @Test
    void whatIsInfiniteIsAGap() {
        double none = Double.NEGATIVE_INFINITY;
        XYChart chart = Charts.updateRatios(Map.of("0", List.of(none, -2.0, none, -3.5)));
        assertArrayEquals(
                new double[] {Double.NaN, -2, Double.NaN, -3.5}, series(chart, "0").getYData());
        assertTrue(BitmapEncoder.getBufferedImage(chart).getWidth() > 100);
        XYChart empty = Charts.updateRatios(Map.of("0", List.of(none, none)));
        assertTrue(BitmapEncoder.getBufferedImage(empty).getWidth() > 100);
    }

    @Test
    void theValleyOfASearchIsMarkedInBothCharts() {
        List<Double> rates =
                IntStream.range(0, 61).mapToObj(i -> Math.pow(10, -3 + i / 20.0)).toList();
        List<Float> losses =
                IntStream.range(0, 61)
                        .mapToObj(i -> (float) (2 + Math.abs(i - 40) / 20.0))
                        .toList();
        LearningRateSearch search = new LearningRateSearch(rates, losses, false);
        // A mean of whole windows ends before the losses do.
        assertEquals(-0.15, last(Charts.exponents(search), "mean"), 1e-9);
        assertEquals(0, last(Charts.exponents(search), "mini-batch"), 1e-9);
        assertEquals(0.1, series(Charts.rates(search), "valley: 0.10").getXData()[0], 1e-9);
        assertEquals(-1, series(Charts.exponents(search), "valley: 0.10").getXData()[1], 1e-9);
    }

    @Test
    void lettersStandDarkOnTheirPaleDiscs() {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray c = manager.create(new float[] {0, 0, 7, 1, 2, 7, -3, 1, 7}, new Shape(3, 3));
            CharVocabulary vocabulary = new CharVocabulary(".mw");
            XYChart chart = Charts.embedding(c, vocabulary);
            assertEquals("embedding, 2 of 3 numbers", chart.getTitle());
            XYSeries dots = series(chart, "characters");
            assertArrayEquals(new double[] {0, 1, -3}, dots.getXData());
            assertArrayEquals(new double[] {0, 2, 1}, dots.getYData());
            BufferedImage image = BitmapEncoder.getBufferedImage(chart);
            assertTrue(darkBetweenBlue(image) > 20);
            NDArray line = manager.zeros(new Shape(3, 1));
            assertRefused(
                    "a scatter plot takes an embedding of 2 numbers or more a character, but got 1",
                    () -> Charts.embedding(line, vocabulary));
        }
    }

    // What is dark with pale blue on the left and on the right, at most ten pixels away, is a
    // letter.
    private static int darkBetweenBlue(BufferedImage image) {
        int count = 0;
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 10; x < image.getWidth() - 10; x++) {
                if (new Color(image.getRGB(x, y)).getBlue() < 120) {
                    boolean left = false;
                    boolean right = false;
                    for (int d = 1; d <= 10; d++) {
                        left |= isPaleBlue(new Color(image.getRGB(x - d, y)));
                        right |= isPaleBlue(new Color(image.getRGB(x + d, y)));
                    }
                    count += left && right ? 1 : 0;
                }
            }
        }
        return count;
    }

    private static boolean isPaleBlue(Color color) {
        return color.getRed() > 180 && color.getBlue() > color.getRed() + 25;
    }

    private static double last(XYChart chart, String name) {
        double[] x = series(chart, name).getXData();
        return x[x.length - 1];
    }

    private static XYSeries series(XYChart chart, String name) {
        return Objects.requireNonNull(chart.getSeriesMap().get(name), name);
    }
}
