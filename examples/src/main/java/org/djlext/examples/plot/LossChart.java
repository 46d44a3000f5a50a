/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.djlext.makemore.diagnostics.LossCurve;
import org.knowm.xchart.XYChart;

/** Losses over the steps of training: as they are, as logarithms, or averaged. */
public final class LossChart {

    private LossChart() {}

    /**
     * Draws losses of mini-batches, a thick curve.
     *
     * @param title what was trained
     * @param losses the loss of each step, by the names of the legend
     * @return the chart
     */
    public static XYChart raw(String title, Map<String, ? extends List<? extends Number>> losses) {
        return draw(title, "loss (nats)", losses);
    }

    /**
     * Draws logarithms of losses, so that a bad start does not squash the rest.
     *
     * @param title what was trained
     * @param losses the loss of each step, by the names of the legend
     * @return the chart
     */
    public static XYChart log10(
            String title, Map<String, ? extends List<? extends Number>> losses) {
        Map<String, List<Double>> logarithms = new LinkedHashMap<>();
        losses.forEach((name, values) -> logarithms.put(name, LossCurve.log10(values)));
        return draw(title, "log10(loss in nats)", logarithms);
    }

    private static XYChart draw(
            String title, String axis, Map<String, ? extends List<? extends Number>> curves) {
        XYChart chart = ChartStyle.chart(title, "step", axis);
        curves.forEach((name, y) -> ChartStyle.noisy(chart, name, y));
        ChartStyle.markRoundNumbers(chart);
        return chart;
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
    public static XYChart smoothed(
            String title,
            List<? extends Number> losses,
            int group,
            Map<Integer, Double> devLosses) {
        XYChart chart =
                ChartStyle.chart(title, "step", "loss (nats), mean of %d steps".formatted(group));
        List<Double> means = LossCurve.means(losses, group);
        // A mean stands in the middle of its group.
        List<Double> middles =
                ChartStyle.steps(means).stream().map(i -> (i + 0.5) * group).toList();
        ChartStyle.line(chart, "training", middles, means);
        if (!devLosses.isEmpty()) {
            ChartStyle.line(
                            chart,
                            "dev",
                            List.copyOf(devLosses.keySet()),
                            List.copyOf(devLosses.values()))
                    .setLineColor(Color.BLACK)
                    .setLineStyle(new BasicStroke(2));
        }
        ChartStyle.markRoundNumbers(chart);
        chart.getStyler().setLegendVisible(!devLosses.isEmpty());
        return chart;
    }
}
