/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.plot;

import ai.djl.ndarray.NDArray;
import java.awt.Color;
import java.awt.Font;
import java.util.ArrayList;
import java.util.List;
import org.djlext.makemore.data.Vocabulary;
import org.knowm.xchart.AnnotationText;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Where the characters stand in an embedding, of which the first two numbers are drawn. */
public final class EmbeddingChart {

    private static final int SIDE = 640;
    private static final int DOT = 20;
    private static final Color DISC = new Color(0xcfe2f3);
    private static final Color LETTER = new Color(0x12283b);

    private EmbeddingChart() {}

    /**
     * Draws an embedding.
     *
     * @param c the vectors of the characters, (vocabSize, dim) with dim of 2 or more
     * @param vocabulary the characters
     * @return the chart, a disc with its letter for each character
     */
    public static XYChart of(NDArray c, Vocabulary vocabulary) {
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
        chart.getStyler().setDefaultSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
        chart.getStyler().setMarkerSize(DOT);
        chart.getStyler().setLegendVisible(false);
        chart.getStyler().setAnnotationTextFont(new Font(Font.SANS_SERIF, Font.BOLD, 12));
        chart.getStyler().setAnnotationTextFontColor(LETTER);
        // Discs may cover each other, so they are pale, and all letters stand above all of them.
        chart.addSeries("characters", x, y).setMarker(SeriesMarkers.CIRCLE).setMarkerColor(DISC);
        for (int i = 0; i < vocabulary.size(); i++) {
            chart.addAnnotation(
                    new AnnotationText(vocabulary.decode(i), x.get(i), y.get(i), false));
        }
        return chart;
    }
}
