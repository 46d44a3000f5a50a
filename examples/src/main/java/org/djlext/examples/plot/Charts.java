/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.plot;

import ai.djl.ndarray.NDArray;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.djlext.makemore.data.Vocabulary;
import org.djlext.makemore.diagnostics.Distribution;
import org.djlext.makemore.diagnostics.LearningRateSearch;
import org.djlext.makemore.diagnostics.LossCurve;
import org.knowm.xchart.AnnotationText;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The lectures' charts of functions, losses, rates, histograms, updates and embeddings. */
public final class Charts {

    private static final int CURVE_POINTS = 200;
    private static final int SIDE = 640;
    private static final int DOT = 20;
    private static final Color DISC = new Color(0xcfe2f3);
    private static final Color LETTER = new Color(0x12283b);

    // In standard deviations of the distribution in the middle.
    private static final double REACH = 5;
    private static final double UPDATE_GUIDE = -3;

    private Charts() {}

    /**
     * Draws the curve of a function of one number.
     *
     * @param f the function
     * @param name what it is, such as {@code tanh(x)}, which names the y axis
     * @param x what it is a function of, which names the x axis
     * @param from the lowest x
     * @param to the highest x
     * @return the chart
     */
    public static XYChart curve(
            DoubleUnaryOperator f, String name, String x, double from, double to) {
        List<Double> xs =
                IntStream.range(0, CURVE_POINTS)
                        .mapToObj(i -> from + (to - from) * i / (CURVE_POINTS - 1))
                        .toList();
        XYChart chart = ChartStyle.chart(name, x, name, SIDE, 480);
        ChartStyle.line(chart, name, xs, xs.stream().map(f::applyAsDouble).toList());
        chart.getStyler().setLegendVisible(false);
        return ChartStyle.markRoundNumbers(chart);
    }

    /**
     * Draws losses of mini-batches, a thick curve.
     *
     * @param title what was trained
     * @param losses the loss of each step, by the names of the legend
     * @return the chart
     */
    public static XYChart losses(
            String title, Map<String, ? extends List<? extends Number>> losses) {
        return ofSteps(title, "loss (nats)", losses);
    }

    /**
     * Draws logarithms of losses, so that a bad start does not squash the rest.
     *
     * @param title what was trained
     * @param losses the loss of each step, by the names of the legend
     * @return the chart
     */
    public static XYChart log10Losses(
            String title, Map<String, ? extends List<? extends Number>> losses) {
        Map<String, List<Double>> logarithms = new LinkedHashMap<>();
        losses.forEach((name, values) -> logarithms.put(name, LossCurve.log10(values)));
        return ofSteps(title, "log10(loss in nats)", logarithms);
    }

    private static XYChart ofSteps(
            String title, String axis, Map<String, ? extends List<? extends Number>> curves) {
        XYChart chart = ChartStyle.chart(title, "step", axis);
        curves.forEach((name, y) -> ChartStyle.noisy(chart, name, y));
        return ChartStyle.markRoundNumbers(chart);
    }

    /**
     * Draws means of groups of losses (makemore 5), and what was evaluated on the way, if anything.
     *
     * @param title what was trained
     * @param losses the loss of each step
     * @param group how many steps are averaged
     * @param devLosses the loss of the dev set by the number of steps before it; may be empty
     * @return the chart
     */
    public static XYChart smoothedLosses(
            String title,
            List<? extends Number> losses,
            int group,
            Map<Integer, Double> devLosses) {
        String axis = "loss (nats), mean of %d steps".formatted(group);
        XYChart chart = ChartStyle.chart(title, "step", axis);
        List<Double> means = LossCurve.means(losses, group);
        // A mean stands in the middle of its group.
        List<Double> middles =
                ChartStyle.steps(means).stream().map(i -> (i + 0.5) * group).toList();
        ChartStyle.line(chart, "training", middles, means);
        if (!devLosses.isEmpty()) {
            List<Integer> steps = List.copyOf(devLosses.keySet());
            guide(chart, "dev", steps, List.copyOf(devLosses.values()));
        }
        chart.getStyler().setLegendVisible(!devLosses.isEmpty());
        return ChartStyle.markRoundNumbers(chart);
    }

    private static void guide(
            XYChart chart, String name, List<? extends Number> x, List<Double> y) {
        ChartStyle.line(chart, name, x, y)
                .setLineColor(Color.BLACK)
                .setLineStyle(new BasicStroke(2));
    }

    /**
     * Draws how far each step moves each parameter, beside the line at -3 that the lecture goes by.
     *
     * @param ratios for each parameter, by its name in the legend, {@code log10(std(lr * grad) /
     *     std(data))} of each step
     * @return the chart
     */
    public static XYChart updateRatios(Map<String, List<Double>> ratios) {
        XYChart chart =
                ChartStyle.chart(
                        "size of updates beside the size of parameters",
                        "step",
                        "log10(update / data)");
        ratios.forEach((name, values) -> ChartStyle.noisy(chart, name, values));
        int steps = ratios.values().stream().mapToInt(List::size).max().orElse(1);
        guide(chart, "-3", List.of(0, steps), List.of(UPDATE_GUIDE, UPDATE_GUIDE));
        return ChartStyle.markRoundNumbers(chart);
    }

    /**
     * Draws the search for a learning rate: losses over rates; most of the steps are crowded on the
     * left.
     *
     * @param search the search
     * @return the chart
     */
    public static XYChart rates(LearningRateSearch search) {
        return search(search, "learning rate", DoubleUnaryOperator.identity());
    }

    /**
     * Draws losses over the logarithms of the rates, all equally far apart.
     *
     * @param search the search
     * @return the chart
     */
    public static XYChart exponents(LearningRateSearch search) {
        return search(search, "log10(learning rate)", Math::log10);
    }

    private static XYChart search(
            LearningRateSearch search, String axis, DoubleUnaryOperator scale) {
        XYChart chart = ChartStyle.chart("loss while the learning rate grows", axis, "loss (nats)");
        ChartStyle.line(chart, "mini-batch", at(search.rates(), scale), search.losses())
                .setLineStyle(new BasicStroke(0.8f));
        ChartStyle.line(chart, "mean", at(search.smoothedRates(), scale), search.smoothed())
                .setLineStyle(new BasicStroke(2.5f));
        double valley = scale.applyAsDouble(search.valley());
        ChartStyle.line(
                chart,
                String.format(Locale.ROOT, "valley: %.2g", search.valley()),
                List.of(valley, valley),
                List.of(Collections.min(search.losses()), Collections.max(search.losses())));
        return ChartStyle.markRoundNumbers(chart);
    }

    private static List<Double> at(List<Double> rates, DoubleUnaryOperator scale) {
        return rates.stream().map(scale::applyAsDouble).toList();
    }

    /**
     * Draws histograms as lines, one over the other, as makemore 3 draws activations, gradients and
     * weights: {@code plt.plot(edges[:-1], density)}.
     *
     * @param title what they are of
     * @param distributions the distributions by the names of the legend, in its order
     * @return the chart
     */
    public static XYChart histograms(String title, Map<String, Distribution> distributions) {
        XYChart chart = ChartStyle.chart(title, "value", "density");
        distributions.forEach(
                (name, d) -> ChartStyle.line(chart, name, centres(d.edges()), d.density()));
        chart.getStyler().setLegendVisible(distributions.size() > 1);
        return ChartStyle.markRoundNumbers(chart);
    }

    /**
     * Draws histograms of very different widths: as much as shows the one of medium width. Wider
     * ones are cut off, narrower ones are peaks.
     *
     * @param title what they are of
     * @param distributions the distributions by the names of the legend, in its order
     * @return the chart
     */
    public static XYChart histogramsAround0(String title, Map<String, Distribution> distributions) {
        double[] stds =
                distributions.values().stream().mapToDouble(Distribution::std).sorted().toArray();
        double reach = REACH * stds[stds.length / 2];
        XYChart chart = histograms(title, distributions);
        chart.getStyler().setXAxisMin(-reach).setXAxisMax(reach);
        return chart;
    }

    private static List<Double> centres(List<Double> edges) {
        return IntStream.range(1, edges.size())
                .mapToObj(i -> (edges.get(i - 1) + edges.get(i)) / 2)
                .toList();
    }

    /**
     * Draws where the characters stand in an embedding, by the first two of its numbers.
     *
     * @param c the vectors of the characters, (vocabSize, dim) with dim of 2 or more
     * @param vocabulary the characters
     * @return the chart, a disc with its letter for each character
     */
    public static XYChart embedding(NDArray c, Vocabulary vocabulary) {
        int dim = (int) c.getShape().get(1);
        if (dim < 2) {
            throw new IllegalArgumentException(
                    "a scatter plot takes an embedding of 2 numbers or more a character, but got "
                            + dim);
        }
        float[] values = c.toFloatArray();
        List<Float> x = new ArrayList<>();
        List<Float> y = new ArrayList<>();
        for (int i = 0; i < vocabulary.size(); i++) {
            x.add(values[i * dim]);
            y.add(values[i * dim + 1]);
        }
        XYChart chart =
                ChartStyle.chart(
                        dim == 2 ? "embedding" : "embedding, 2 of %d numbers".formatted(dim),
                        "first number of the vector, C[:, 0]",
                        "second number, C[:, 1]",
                        SIDE,
                        SIDE);
        XYStyler styler = chart.getStyler();
        styler.setDefaultSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
        styler.setMarkerSize(DOT);
        styler.setLegendVisible(false);
        styler.setAnnotationTextFont(new Font(Font.SANS_SERIF, Font.BOLD, 12));
        styler.setAnnotationTextFontColor(LETTER);
        // Discs may cover each other, so they are pale, and all letters stand above all of them.
        chart.addSeries("characters", x, y).setMarker(SeriesMarkers.CIRCLE).setMarkerColor(DISC);
        for (int i = 0; i < vocabulary.size(); i++) {
            chart.addAnnotation(
                    new AnnotationText(vocabulary.decode(i), x.get(i), y.get(i), false));
        }
        return chart;
    }
}
