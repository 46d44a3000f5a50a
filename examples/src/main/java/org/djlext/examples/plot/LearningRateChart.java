/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.plot;

import java.awt.BasicStroke;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;
import org.djlext.makemore.diagnostics.LearningRateSearch;
import org.knowm.xchart.XYChart;

/** The search for a learning rate: the loss over the rate, or over its exponent. */
public final class LearningRateChart {

    private LearningRateChart() {}

    /**
     * Draws losses over rates; most of the steps are crowded on the left.
     *
     * @param search the search
     * @return the chart
     */
    public static XYChart rates(LearningRateSearch search) {
        return draw(search, "learning rate", DoubleUnaryOperator.identity());
    }

    /**
     * Draws losses over the logarithms of the rates, all equally far apart.
     *
     * @param search the search
     * @return the chart
     */
    public static XYChart exponents(LearningRateSearch search) {
        return draw(search, "log10(learning rate)", Math::log10);
    }

    private static XYChart draw(
            LearningRateSearch search, String title, DoubleUnaryOperator scale) {
        XYChart chart =
                ChartStyle.chart("loss while the learning rate grows", title, "loss (nats)");
        ChartStyle.line(chart, "mini-batch", at(search.rates(), scale), search.losses())
                .setLineStyle(new BasicStroke(0.8f));
        ChartStyle.line(chart, "mean", at(search.smoothedRates(), scale), search.smoothed())
                .setLineStyle(new BasicStroke(2.5f));
        double valley = scale.applyAsDouble(search.valley());
        double top = Collections.max(search.losses());
        ChartStyle.line(
                chart,
                String.format(Locale.ROOT, "valley: %.2g", search.valley()),
                List.of(valley, valley),
                List.of(Collections.min(search.losses()), top));
        ChartStyle.markRoundNumbers(chart);
        return chart;
    }

    private static List<Double> at(List<Double> rates, DoubleUnaryOperator scale) {
        return rates.stream().map(scale::applyAsDouble).toList();
    }
}
