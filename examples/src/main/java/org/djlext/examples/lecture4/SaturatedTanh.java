/*
 * Copyright the DJL extensions authors.
 *
 * Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
package org.djlext.examples.lecture4;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.djlext.autograd.Autograd;
import org.djlext.examples.lecture.Lab;
import org.djlext.examples.lecture.Output;
import org.djlext.examples.plot.ColorMap;
import org.djlext.examples.plot.HistogramChart;
import org.djlext.examples.plot.MatrixPicture;
import org.djlext.makemore.diagnostics.Distribution;
import org.djlext.makemore.diagnostics.Saturation;
import org.djlext.makemore.model.ContextModel;
import org.djlext.makemore.model.Mlp;
import org.djlext.makemore.model.MlpInit;
import org.djlext.makemore.model.ModelConfig;

/**
 * A hidden layer whose weights are too large: most tanh are at 1 or -1, where 1 - t^2 lets no
 * gradient through. The map shows 32 examples by 200 units, saturated ones white; a white column is
 * a unit that does not learn.
 */
public final class SaturatedTanh {

    private static final int BINS = 50;
    private static final int PREACTIVATIONS = 2;
    private static final int ACTIVATIONS = 3;

    private SaturatedTanh() {}

    /**
     * What a scale of the hidden weights does to the first mini-batch.
     *
     * @param scale what the weights are multiplied by
     * @param preactivations what goes into tanh
     * @param activations what comes out
     * @param saturated the part of the activations beyond 0.99
     * @param dead the units that are beyond for all examples
     * @param derivative the mean of 1 - t^2, the part of the gradient that gets through
     */
    public record Row(
            double scale,
            Distribution preactivations,
            Distribution activations,
            double saturated,
            List<Integer> dead,
            double derivative) {}

    /**
     * Runs the experiment.
     *
     * @param lab what to work with; the seed can be chosen
     * @return a row for the scales 1, 0.1 and 0.2
     */
    public static List<Row> run(Lab lab) {
        Output out = lab.out();
        List<Row> rows = new ArrayList<>();
        Map<String, Distribution> before = new LinkedHashMap<>();
        Map<String, Distribution> after = new LinkedHashMap<>();
        for (double scale : new double[] {1, 0.1, 0.2}) {
            Row row = look(lab, scale);
            rows.add(row);
            before.put("W1 * " + scale, row.preactivations);
            after.put("W1 * " + scale, row.activations);
            List<Double> edges = row.preactivations.edges();
            out.line(
                    "W1 * %-3s: preactivations %5.1f to %4.1f, std %.2f; beyond 0.99: %5.2f%%,"
                            + " dead units: %d; mean of 1 - t^2: %.3f",
                    scale,
                    edges.get(0),
                    edges.get(edges.size() - 1),
                    row.preactivations.std(),
                    100 * row.saturated,
                    row.dead.size(),
                    row.derivative);
        }
        out.chart("preactivations", HistogramChart.of("what goes into tanh", before));
        out.chart("activations", HistogramChart.of("what comes out of tanh", after));
        return rows;
    }

    private static Row look(Lab lab, double scale) {
        ModelConfig config =
                new Mlp.Config(lab.corpus().vocabulary().size(), 3, 10, 200, MlpInit.SOFTMAX);
        ContextModel model = lab.draw(config, Lab.SEED);
        Lab.scale(model, "layers.2.weight", scale);
        if (scale != 1) {
            Lab.scale(model, "layers.2.bias", 0.01);
        }
        try (NDManager sub = lab.manager().newSubManager();
                Autograd.Scope unrecorded = Autograd.noGrad()) {
            List<NDArray> outputs =
                    Lab.outputs(model, lab.train(model).draw(sub, Lab.BATCH_SIZE).x());
            NDArray t = outputs.get(ACTIVATIONS); // (32, 200)
            NDArray map = Saturation.map(t, Saturation.MAP_LIMIT);
            lab.out()
                    .image(
                            "saturated-" + scale,
                            MatrixPicture.of(map)
                                    .optColors(ColorMap.GRAY)
                                    .optRange(0, 1)
                                    .optCellSize(4)
                                    .optTitle("|tanh| > 0.99, W1 * " + scale)
                                    .optAxisNames("example", "neuron of the hidden layer")
                                    .draw());
            return new Row(
                    scale,
                    Distribution.of(outputs.get(PREACTIVATIONS), BINS),
                    Distribution.of(t, BINS),
                    Saturation.share(t, Saturation.MAP_LIMIT),
                    Saturation.deadUnits(map),
                    1 - t.square().mean().getFloat());
        }
    }
}
